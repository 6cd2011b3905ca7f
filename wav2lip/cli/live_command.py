"""Run `wav2lip live` with checked options."""

import argparse
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, nullcontext
from pathlib import Path
from typing import BinaryIO

import numpy as np

from wav2lip.cli.exit import CLOSED_STREAMS
from wav2lip.cli.live import AVATAR, STREAM
from wav2lip.errors import InputError
from wav2lip.inference.lip_syncer import LipSyncer
from wav2lip.inference.settings import Settings
from wav2lip.live.avatar import Avatar
from wav2lip.live.live_mp4 import LiveMp4
from wav2lip.live.session import LiveSession
from wav2lip.live.session_error import SessionError
from wav2lip.live.virtual_camera import VirtualCamera
from wav2lip.live.worker import LiveWorker
from wav2lip.media.audio import read_mono
from wav2lip.media.pcm import from_pcm
from wav2lip.types import Wav
from wav2lip.utils.files import AtomicFile

FILE_RATE = 48_000  # Hz at which files are read
PIECE = 0.02  # seconds of PCM that are read at once
HEADS = (b"RIFF", b"OggS", b"fLaC", b"ID3", b"\x1aE\xdf\xa3")  # of files that pose as PCM
SWITCH = 0.0005  # seconds until a thread must let another one run; the default of 5 ms is too long
WAITING = 5.0  # seconds of sound that wait to be rendered
PIPED = 60.0  # the same in real time for stdin, which is read as it comes


def _pieces(audio: Path, rate: int) -> Iterator[tuple[Wav, int]]:
    """Yield the sound piece by piece with its rate."""
    if audio != STREAM:
        for piece in read_mono(audio, FILE_RATE):
            for start in range(0, len(piece), FILE_RATE):
                yield piece[start : start + FILE_RATE], FILE_RATE
        return
    size, rest = 2 * max(1, round(rate * PIECE)), b""
    first = True
    source = getattr(sys.stdin.buffer, "raw", sys.stdin.buffer)
    while data := source.read(size):
        if first and (data.startswith(HEADS) or data[4:8] == b"ftyp"):
            raise InputError(
                "stdin: is an audio or video file, not 16-bit PCM; give its path as audio",
                settings=("audio",),
            )
        first, data = False, rest + data
        whole = len(data) // 2 * 2
        rest = data[whole:]
        yield from_pcm(np.frombuffer(data[:whole], "<i2")), rate


class _Feeder(threading.Thread):
    """Push the sound into a session.

    Attributes:
        error: what ended it early, if anything did.
        heard: whether there was any sound.
    """

    def __init__(self, session: LiveSession, audio: Path, rate: int, realtime: bool) -> None:
        super().__init__(name="wav2lip-live-sound", daemon=True)
        self._session, self._audio, self._rate, self._realtime = session, audio, rate, realtime
        self.error: Exception | None = None
        self.heard = False
        self.stopped = threading.Event()

    def run(self) -> None:
        session = self._session
        most = PIPED if self._realtime and self._audio == STREAM else WAITING
        try:
            for piece, rate in _pieces(self._audio, self._rate):
                while session.waiting > most:
                    if self.stopped.wait(PIECE):
                        return
                session.push(piece, rate)
                self.heard = self.heard or len(piece) > 0
            session.end_of_speech()
            while self._realtime and session.busy and not self.stopped.wait(PIECE):
                pass
        except Exception as error:  # noqa: BLE001 -- raised again by the main thread
            self.error = error
        session.close()


def _avatar(args: argparse.Namespace, syncer: LipSyncer) -> Avatar:
    if args.face.suffix == AVATAR:
        return Avatar.load(args.face)
    return Avatar.from_file(
        args.face, syncer.mesh_engine, syncer.settings, device=str(syncer.device)
    )


def _write(
    session: LiveSession,
    target: BinaryIO | None,
    camera: VirtualCamera | None,
    feeder: _Feeder,
) -> None:
    """Write the frames of a session to a stream, a camera, or both.

    Raises:
        InputError: there is no sound, or what ended it early.
    """
    with nullcontext() if target is None else LiveMp4(target, session.avatar) as mp4:
        for frame in session:
            if camera is not None:
                camera.show(frame)
            if mp4 is not None:
                mp4.write(frame)
        if feeder.error is not None:
            raise feeder.error
        if not feeder.heard:
            raise InputError("no sound came; give some")


def run(args: argparse.Namespace) -> None:
    """Animate the face.

    Raises:
        InputError: a file or value cannot be used.
    """
    if args.output == STREAM and "stdout" in CLOSED_STREAMS:
        raise InputError("stdout: is closed; give an output", settings=("output",))
    syncer = LipSyncer.from_checkpoint(args.checkpoint, args.device, Settings())
    avatar = _avatar(args, syncer)
    avatar.check_engine(syncer.mesh_engine)
    if args.save is not None:
        avatar.save(args.save)
    if args.audio is None:
        return
    sys.setswitchinterval(SWITCH)
    with ExitStack() as stack:
        camera = None
        if args.camera is not None:
            device = None if args.camera == "auto" else args.camera
            camera = stack.enter_context(VirtualCamera(avatar, device))
            print(f"the camera is {camera.device}", file=sys.stderr, flush=True)
        worker = stack.enter_context(LiveWorker(syncer.mesh_engine))
        session = stack.enter_context(
            LiveSession(
                avatar,
                worker,
                realtime=args.realtime,
                block=args.block,
                motion=args.motion,
                mute_pauses=args.mute_pauses,
                idle_mouth=args.idle_mouth,
            )
        )
        feeder = _Feeder(session, args.audio, args.rate, args.realtime)
        stack.callback(feeder.stopped.set)
        target: BinaryIO | None = None
        if args.output == STREAM:
            target = sys.stdout.buffer
        elif args.output is not None:
            target = stack.enter_context(AtomicFile(args.output)).file
        feeder.start()
        try:
            _write(session, target, camera, feeder)
        except SessionError as error:
            if isinstance(error.__cause__, InputError) or args.face.suffix != AVATAR:
                raise error.__cause__ or error from error
            raise InputError(f"{args.face}: damaged, or not an avatar; make it again") from error
        counts = session.counts
    print(
        f"{counts.frames} frames, {counts.late} late, {counts.underruns} underruns",
        file=sys.stderr,
        flush=True,
    )
