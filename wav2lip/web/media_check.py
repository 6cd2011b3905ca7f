"""Check what a client has sent by opening it, in a process of its own: decoders of media run native code."""

import traceback
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import cv2

from wav2lip.errors import InputError
from wav2lip.inference.batch_jobs import FAILURES
from wav2lip.media.audio import read_mono
from wav2lip.media.container import check_file, open_media
from wav2lip.media.rules import limit_pixels
from wav2lip.media.still import is_animated_webp, is_still
from wav2lip.media.video import probe
from wav2lip.types import SAMPLE_RATE
from wav2lip.web.child_process import ChildProcess
from wav2lip.web.job_files import JobFiles
from wav2lip.web.limits import Limits

PATIENCE = 60.0  # seconds for the files of one job
# FFmpeg reads hundreds of formats and takes any text for one of them; these are what people have (its own names).
FORMATS = {
    *("aac", "ac3", "aiff", "amr", "apng", "asf", "avi", "caf", "flac", "flv", "gif"),
    *("matroska", "mov", "mp3", "mpeg", "mpegts", "ogg", "w64", "wav"),
}
CRASHED = "the files crash the decoder; convert them to mp4, png or wav, and send them again"
SLOW = f"the files cannot be read within {PATIENCE:.0f} s; send shorter or smaller ones"


def _check_format(path: Path) -> None:
    check_file(path)
    if is_still(path) or is_animated_webp(path):
        return
    with open_media(path) as container:
        name = container.format.name
    if not FORMATS & set(name.split(",")):
        raise InputError(
            f"{path}: files of the format {name[:60]} are not accepted; convert it to mp4, png or wav"
        )


def check_sound(path: Path, seconds: float) -> None:
    """Decode a sound as far as is allowed.

    Raises:
        InputError: it cannot be decoded, or is longer.
    """
    samples = 0
    for piece in read_mono(path):
        samples += len(piece)
        if samples > seconds * SAMPLE_RATE:
            raise InputError(
                f"{path}: the sound lasts for more than {seconds:g} s, the limit of this server; send a shorter one"
            )


def check_media(folder: Path, has_audio: bool, limits: Limits) -> None:
    """Check the files of a job.

    Args:
        folder: of the job.
        has_audio: whether there is a sound.
        limits: of the server.

    Raises:
        InputError: a file is no picture, video or sound, or too large.
    """
    files = JobFiles(folder)
    limit_pixels(limits.pixels)
    _check_format(files.face)
    probe(files.face)
    if has_audio:
        _check_format(files.audio)
        check_sound(files.audio, limits.audio_seconds)


def _serve(connection: "Connection[Any, Any]") -> None:
    """Answer each order with None, or one line about what is wrong."""
    with suppress(EOFError):
        while True:
            folder, has_audio, limits = connection.recv()
            try:
                check_media(folder, has_audio, limits)
                connection.send(None)
            except (*FAILURES, cv2.error) as error:
                if not isinstance(error, InputError):
                    traceback.print_exc()
                connection.send(JobFiles(folder).message(error))


class MediaChecker:
    """Runs `check_media` in a process that is started again after a crash. Calls wait for each other."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, "wav2lip-media-check")
        self._child: ChildProcess | None = None

    def __call__(self, folder: Path, has_audio: bool, limits: Limits) -> None:
        """Check the files of a job.

        Raises:
            InputError: see `check_media`; or the decoder crashes, or takes too long.
        """
        line = self._thread.submit(self._ask, folder, has_audio, limits).result()
        if line is not None:
            raise InputError(line)

    def close(self) -> None:
        """End the process, and with it a check that runs."""
        child = self._child
        if child is not None:
            child.kill()
        self._thread.submit(self._end).result()
        self._thread.shutdown()

    def _end(self) -> None:
        if self._child is not None:
            self._child.end()
            self._child = None

    def _ask(self, folder: Path, has_audio: bool, limits: Limits) -> str | None:
        if self._child is None:
            self._child = ChildProcess(_serve)
        try:
            self._child.connection.send((folder, has_audio, limits))
            if self._child.connection.poll(PATIENCE):
                answer: str | None = self._child.connection.recv()
                return answer
            line = SLOW
        except (EOFError, OSError):
            line = CRASHED
        self._end()
        return line
