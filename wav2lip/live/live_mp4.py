"""Write live frames with their sound as fragmented MP4, which plays while it is written."""

from fractions import Fraction
from types import TracebackType
from typing import Any, BinaryIO, Self

import av
import numpy as np
from av import AudioFrame

from wav2lip.errors import InputError
from wav2lip.live.avatar import Avatar
from wav2lip.live.live_frame import LiveFrame
from wav2lip.media.encoders import time_base
from wav2lip.media.soundtrack import AAC_RATES

KEY_FRAMES = 2  # seconds between two, at which a player may join
CRF = 20
BIT_RATE = 96_000  # of the sound
FRAGMENT = (
    40_000  # microseconds of a fragment; so much later than its first picture a player sees it
)
# The header waits for the first packets: only then does it say that AAC begins before time 0.
OPTIONS = {
    "movflags": "delay_moov+default_base_moof+frag_custom",
    "frag_duration": str(FRAGMENT),
    "flush_packets": "1",
}


class _Sink:
    """A target that only writes, so that FFmpeg does not seek in it."""

    def __init__(self, target: BinaryIO) -> None:
        self._target = target

    def write(self, data: bytes) -> int:
        self._target.write(data)
        self._target.flush()
        return len(data)


class LiveMp4:
    """Encode live frames as H.264 and AAC into fragmented MP4.

    A context manager. Encoding holds back no picture; AAC holds back 21 ms of sound at 48 kHz.

    Args:
        target: a binary stream, such as a file, a pipe or the body of an HTTP response.
        avatar: whose frames are written.
        sample_rate: of their sound, in Hz.
        crf: quality of the pictures, 0 (best) to 51.

    Raises:
        InputError: AAC does not have the sample rate.

    Examples:
        ```python
        with open("live.mp4", "wb") as file, LiveMp4(file, avatar) as mp4:
            for frame in session:
                mp4.write(frame)
        ```
    """

    def __init__(
        self, target: BinaryIO, avatar: Avatar, sample_rate: int = 48_000, crf: int = CRF
    ) -> None:
        if sample_rate not in AAC_RATES:
            shown = ", ".join(map(str, AAC_RATES))
            raise InputError(f"sample_rate {sample_rate}: AAC has {shown} Hz; take 48000")
        height, width = avatar.pictures.size
        self._output: Any = av.open(_Sink(target), "w", format="mp4", options=OPTIONS)
        self._video = self._output.add_stream("libx264", rate=avatar.fps)
        self._video.width, self._video.height = width + width % 2, height + height % 2
        self._video.pix_fmt = "yuv420p"
        context, colours = self._video.codec_context, avatar.pictures.colours
        self._base = context.time_base = time_base(avatar.fps)
        context.color_range, context.colorspace = colours.range, colours.space
        context.color_primaries, context.color_trc = colours.primaries, colours.transfer
        context.gop_size, context.thread_count = round(KEY_FRAMES * avatar.fps), 1
        context.options = {"preset": "ultrafast", "tune": "zerolatency", "crf": str(crf)}
        self._sound = self._output.add_stream("aac", rate=sample_rate, layout="mono")
        self._sound.bit_rate = BIT_RATE
        self._samples = 0
        self._origin: float | None = None

    def write(self, frame: LiveFrame) -> None:
        """Append a frame and its sound."""
        if self._origin is None:
            self._origin = frame.time
        coded = frame.coded()
        coded.pts, coded.time_base = round((frame.time - self._origin) / self._base), self._base
        self._output.mux(self._video.encode(coded))
        sound = AudioFrame.from_ndarray(
            np.ascontiguousarray(frame.sound[None]), format="fltp", layout="mono"
        )
        sound.sample_rate, sound.time_base = frame.sample_rate, Fraction(1, frame.sample_rate)
        sound.pts = self._samples
        self._samples += len(frame.sound)
        self._output.mux(self._sound.encode(sound))

    def close(self) -> None:
        """Complete the last fragment; the target stays open."""
        if self._output is not None:
            output, self._output = self._output, None
            try:
                for stream in (self._video, self._sound):
                    output.mux(stream.encode(None))
            finally:
                output.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is None:
            self.close()
        else:
            self._output = None
