"""Write a video with its sound in one pass."""

import math
import os
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
from wav2lip.utils.files import AtomicFile
from wav2lip.utils.rewritten_file import Rewrite, new_file
from wav2lip.utils.write_errors import CANNOT_WRITE, output_error


def choose_codec(path: str | os.PathLike[str], codec: str | None) -> str:
    """Return the codec of a video by its name, before anything is written.

    Args:
        path: the video to write.
        codec: one of `CODECS`; None is libx264, or VP9 for .webm.

    Raises:
        InputError: The suffix is unknown, or the container does not support the codec.
    """
    suffix = Path(path).suffix.lower()
    if suffix not in COPIED:
        known = " ".join(COPIED)
        raise InputError(f"{path}: unknown video format '{suffix}'; use one of {known}")
    webm = suffix == ".webm"
    codec = codec or (WEBM_CODECS if webm else CODECS)[0]
    if webm and codec not in WEBM_CODECS:
        raise InputError(f"{path}: WebM does not support {codec}; use .mp4 or the codec libvpx-vp9")
    return codec


class VideoWriter:
    """Write frames at their own times, with the sound of a file, into one video file.

    A context manager. It writes to a hidden file beside `path` (see `AtomicFile`), which is renamed when
    it is complete; after an error or Ctrl-C nothing is left. Sound is copied if the container supports its codec, and
    encoded otherwise. Frames become 8-bit 4:2:0.

    Args:
        path: .mp4, .m4v, .mov, .mkv or .webm (VP9 or AV1). Missing folders are created.
        width: pixels; an odd width is encoded with one column more.
        height: pixels; an odd height is encoded with one line more.
        fps: average frames per second; frames may have other times.
        codec: one of `CODECS`; None is libx264, or VP9 for .webm.
        crf: quality; lower is better.
        preset: speed, by the encoder's own name; None is a fast one.
        threads: of the encoder; 0 for one per core.
        audio: file whose sound is added; None for a silent video.
        trim: end the sound with the video; otherwise it keeps its length.
        colours: matrix, range and tags of the video.
        pixel_aspect: width of a pixel over its height.
        rewrite: turns the finished file into the one that is kept; see `RewrittenFile`.

    Raises:
        InputError: The suffix or codec is unknown, this machine lacks the encoder, the folder cannot
            be written, the disk is full, or `audio` has no sound.

    Examples:
        >>> images = np.zeros((5, 64, 96, 3), np.uint8)
        >>> with VideoWriter("out.mp4", 96, 64, Fraction(25)) as writer:
        ...     for index, image in enumerate(images):
        ...         writer.write(image, time=index / 25)
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
        rewrite: Rewrite | None = None,
    ) -> None:
        self.path = Path(path)
        self._suffix = self.path.suffix.lower()
        codec = choose_codec(path, codec)
        self._size = (height, width)
        self._settings = EncoderSettings(
            width, height, fps, codec, crf, preset, threads, colours, pixel_aspect
        )
        self._audio, self._trim, self._rewrite = audio, trim, rewrite
        self._file: AtomicFile | None = None
        self._output: Any = None
        self._sound: SoundTrack | None = None
        self._pending: Any = None  # the last frame; its duration is known when the next one comes
        self._held: Any = None  # the last packet; its duration is set when the track ends
        self._first: Any = None
        self._lengths: dict[int, int] = {}  # ticks of each frame in the encoder, by its pts
        self._base = time_base(fps)

    @property
    def audio_copied(self) -> bool:
        """Whether the sound is copied, not encoded again."""
        return self._sound is not None and self._sound.copied

    @contextmanager
    def _reported(self) -> Iterator[None]:
        try:
            yield
        except (av.error.FFmpegError, OSError) as error:
            if error.errno not in CANNOT_WRITE:
                if isinstance(error, av.error.FFmpegError) and self.audio_copied:
                    raise InputError(
                        f"{self._audio}: its audio cannot be copied into {self._suffix} ({error.strerror}); "
                        "it may be damaged: convert it to wav"
                    ) from error
                raise
            raise output_error(self.path, error) from error

    def __enter__(self) -> Self:
        try:
            with self._reported():
                # FFmpeg's own message for a folder that is not writable is unclear.
                self._file = new_file(self.path, self._rewrite)
                faststart = self._suffix in (".mp4", ".m4v", ".mov")
                options = {"movflags": "+faststart"} if faststart else {}
                # FFmpeg would take .m4v for Apple's profile, which lacks codecs that players know.
                muxer = "mp4" if self._suffix == ".m4v" else None
                self._output = av.open(file_url(self._file.part), "w", muxer, options=options)
                self._stream = self._settings.add_to(self._output)
                if self._audio is not None:
                    self._sound = SoundTrack(self._output, self._audio, self._suffix)
        except BaseException:
            self._abort()
            raise
        return self

    def write(self, image: NDArray[np.uint8] | Picture, time: float) -> None:
        """Append a frame.

        Args:
            image: (height, width, 3) BGR uint8, or a `Picture`.
            time: seconds from which the frame is shown. Times must increase; two within 1/90000 s are
                written one tick apart.

        Raises:
            ValueError: The frame has another size than the video.
            InputError: The file cannot be written.
        """
        colours = self._settings.colours
        if isinstance(image, Picture) and image.colours != colours:
            image = image.bgr()  # the tags hold for the whole file
        picture = image if isinstance(image, Picture) else Picture.of(image, colours)
        if picture.size != self._size:
            raise ValueError(f"frame of {picture.size} (height, width) in a video of {self._size}")
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
            packet.duration = self._lengths.pop(packet.pts, 1)  # encoders drop it
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
        """Complete the file and rename it to `path`.

        Args:
            end: time in seconds until which the last frame is shown; by default for 1 / fps.

        Raises:
            InputError: No frame was written, or the file cannot be written.
        """
        if self._pending is None:
            raise InputError(f"{self.path}: no frames to write; give a video with at least one")
        ticks = round(1 / self._settings.fps / self._base)
        if end is not None:
            ticks = max(1, round(end / self._base) - self._pending.pts)
        finish = self._pending.pts + ticks
        self._encode_pending(ticks)
        with self._reported():
            self._mux(self._stream.encode(None))
            # Containers add up the durations of packets. With reordered frames and a variable rate
            # the sum equals the length of the presentation only with this last duration.
            dts, pts = self._first
            self._held.duration = max(1, finish - pts + dts - self._held.dts)
            self._flush_held()
            if self._sound is not None:
                self._sound.feed(float(finish * self._base) if self._trim else math.inf)
                self._sound.close()
            self._output.close()
            self._output = self._sound = None
            assert self._file is not None
            self._file.commit()

    def _abort(self) -> None:
        """Close and delete the hidden file, in whatever state it is."""
        if self._sound is not None:
            self._sound.close()
        if self._output is not None:
            with suppress(av.error.FFmpegError, OSError, ValueError):
                self._output.close()
        if self._file is not None:
            self._file.discard()

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
