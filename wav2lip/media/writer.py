"""Pictures out: one pass through the encoder into a file that holds the sound as well."""

import errno
import math
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import av
import av.error
import numpy as np
from numpy.typing import NDArray

from wav2lip.errors import InputError
from wav2lip.media.colour import BT709, Colours
from wav2lip.media.container import file_url
from wav2lip.media.encoders import CODECS, WEBM_CODECS, EncoderSettings, time_base
from wav2lip.media.picture import Picture
from wav2lip.media.soundtrack import COPIED, SoundTrack

CANNOT_WRITE = {  # what the machine refuses, with the cure
    errno.ENOSPC: "the disk is full; free some space",
    errno.EDQUOT: "your disk quota is used up; free some space",
    errno.EFBIG: "the file grows beyond what this place allows; choose another folder",
    errno.EACCES: "the folder is not writable; choose another",
    errno.EPERM: "the folder is not writable; choose another",
    errno.EROFS: "the folder is read-only; choose another",
    errno.ENOENT: "the folder does not exist; choose another",
    errno.ENOTDIR: "a part of the path is a file; choose another folder",
    errno.EEXIST: "a part of the path is a file; choose another folder",
    errno.ENAMETOOLONG: "the name is too long; choose a shorter one",
    errno.EIO: "the disk reports an error; choose another",
}


class VideoWriter:
    """Write BGR frames at their own times, with the sound of `audio`, into one playable file.

    A context manager. Frames and sound go into a hidden file beside `path`, which takes its name
    when all is done; after an error or Ctrl-C nothing is left. The codec of the sound is kept where
    the container takes it. Pictures become 8-bit 4:2:0 in the matrix and range of `colours`.

    path: .mp4, .m4v, .mov, .mkv or .webm (VP9 or AV1). Missing folders are made.
    width, height: pixels of the frames; an odd side gains one line.
    fps: average rate; frames need not keep to it.
    codec: one of `CODECS`; None: libx264, or what the container holds.
    crf: quality, lower is better; preset: the encoder's own name for its speed.
    threads: of the encoder, 0 for one a core.
    trim: end the sound with the picture; otherwise it keeps its length.

    Raises `InputError`: unknown suffix or codec, an encoder this machine lacks, a folder that
    cannot be written, a full disk, `audio` without sound.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        width: int,
        height: int,
        fps: Fraction,
        *,
        codec: str | None = None,
        crf: int = 18,
        preset: str | None = None,
        threads: int = 0,
        audio: str | os.PathLike[str] | None = None,
        trim: bool = False,
        colours: Colours = BT709,
        pixel_aspect: Fraction = Fraction(1),
    ) -> None:
        self.path = Path(path)
        self._suffix = self.path.suffix.lower()
        if self._suffix not in COPIED:
            known = " ".join(COPIED)
            raise InputError(f"{path}: unknown kind of video '{self._suffix}'; use one of {known}")
        webm = self._suffix == ".webm"
        codec = codec or (WEBM_CODECS if webm else CODECS)[0]
        if webm and codec not in WEBM_CODECS:
            raise InputError(f"{path}: WebM holds no {codec}; use .mp4 or the codec libvpx-vp9")
        self._size = (height, width)
        self._settings = EncoderSettings(
            width, height, fps, codec, crf, preset, threads, colours, pixel_aspect
        )
        self._audio, self._trim = audio, trim
        token = secrets.token_hex(4)
        self._part = self.path.with_name(f".{self.path.stem[:80]}.{token}{self._suffix}")
        self._output: Any = None
        self._sound: SoundTrack | None = None
        self._pending: Any = None  # the last frame, which waits for the next to know its length
        self._held: Any = None  # the last packet, whose length closes the track
        self._first: Any = None
        self._lengths: dict[int, int] = {}  # ticks that a frame in the encoder is shown, by its pts
        self._base = time_base(fps)

    @property
    def audio_copied(self) -> bool:
        """Whether the sound goes in as it is, not encoded again."""
        return self._sound is not None and self._sound.copied

    @contextmanager
    def _reported(self) -> Iterator[None]:
        try:
            yield
        except (av.error.FFmpegError, OSError) as error:
            cure = CANNOT_WRITE.get(error.errno or 0)
            if cure is None:
                raise
            raise InputError(f"{self.path}: cannot be written: {cure}") from error

    def __enter__(self) -> Self:
        try:
            with self._reported():
                if self.path.is_dir():
                    raise InputError(f"{self.path}: is a directory; give a file name in it")
                self.path.parent.mkdir(parents=True, exist_ok=True)
                # FFmpeg would report a folder that is not writable in its own words.
                self._part.touch()
                faststart = self._suffix in (".mp4", ".m4v", ".mov")
                options = {"movflags": "+faststart"} if faststart else {}
                self._output = av.open(file_url(self._part), "w", options=options)
                self._stream = self._settings.add_to(self._output)
                if self._audio is not None:
                    self._sound = SoundTrack(self._output, self._audio, self._suffix)
        except BaseException:
            self._abort()
            raise
        return self

    def write(self, image: NDArray[np.uint8] | Picture, time: float) -> None:
        """Append a frame, (height, width, 3) BGR uint8 or its planes, shown from `time` seconds on.

        Times must increase; two within 1/90000 s are put one tick apart.
        """
        colours = self._settings.colours
        if isinstance(image, Picture) and image.colours != colours:
            image = image.bgr()  # the file has one meaning of the codes, not one a frame
        picture = image if isinstance(image, Picture) else Picture.of(image, colours)
        if picture.size != self._size:
            raise ValueError(f"a frame of {picture.size} for a video of {self._size}")
        frame = picture.coded()
        frame.pts, frame.time_base = round(time / self._base), self._base
        if self._pending is not None:
            frame.pts = max(frame.pts, self._pending.pts + 1)
            self._encode_pending(frame.pts - self._pending.pts)
        self._pending = frame

    def _encode_pending(self, ticks: int) -> None:
        self._lengths[self._pending.pts] = ticks
        with self._reported():
            self._mux(self._stream.encode(self._pending))

    def _mux(self, packets: list[Any]) -> None:
        for packet in packets:
            self._flush_held()
            packet.duration = self._lengths.pop(packet.pts, 1)  # encoders do not pass it on
            self._held = packet
            if self._first is None:
                self._first = (packet.dts or 0, packet.pts or 0)

    def _flush_held(self) -> None:
        if self._held is None:
            return
        if self._sound is not None and self._held.dts is not None:
            self._sound.feed(float(self._held.dts * self._held.time_base))
        self._output.mux(self._held)
        self._held = None

    def close(self, end: float | None = None) -> None:
        """Finish the file and give it its name; `end` is when the last frame goes, in seconds.

        Without `end` the last frame stays for 1 / fps.
        """
        if self._pending is None:
            raise InputError(f"{self.path}: no frames to write; give a video that has some")
        ticks = round(1 / self._settings.fps / self._base)
        if end is not None:
            ticks = max(1, round(end / self._base) - self._pending.pts)
        finish = self._pending.pts + ticks
        self._encode_pending(ticks)
        with self._reported():
            self._mux(self._stream.encode(None))
            # Containers add up decoding steps: with reordered frames and a variable rate the sum
            # is the presentation's length only if the last step makes it so.
            dts, pts = self._first
            self._held.duration = max(1, finish - pts + dts - self._held.dts)
            self._flush_held()
            if self._sound is not None:
                self._sound.feed(float(finish * self._base) if self._trim else math.inf)
                self._sound.close()
            self._output.close()
            self._output = self._sound = None
            self._part.replace(self.path)

    def _abort(self) -> None:
        """Leave nothing behind, whatever state the file is in."""
        if self._sound is not None:
            self._sound.close()
        if self._output is not None:
            with suppress(av.error.FFmpegError, OSError, ValueError):
                self._output.close()
        with suppress(OSError):
            self._part.unlink(missing_ok=True)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is not None:
            self._abort()
        elif self._output is not None:
            try:
                self.close()
            except BaseException:
                self._abort()
                raise
