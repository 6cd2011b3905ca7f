"""The video encoders on offer, with one meaning of quality and speed, and their clock."""

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import av.error

from wav2lip.errors import InputError
from wav2lip.media.colour import Colours

CODECS = ("libx264", "libx265", "h264_nvenc", "hevc_nvenc", "libvpx-vp9", "libsvtav1")
WEBM_CODECS = ("libvpx-vp9", "libsvtav1")  # the first where none is named
# What is taken where no preset is named. At 1280x720 and crf 18 on three real and made clips, one
# core: libx264 superfast 8.2 ms a frame, 2.9 Mbit/s, 49.0 dB; ultrafast 4.6, 5.7, 48.0; ultrafast
# with CABAC and B-frames 5.0, 2.7, 47.8. The generator needs the cores.
DEFAULT_SPEED = {
    "libx264": {"preset": "ultrafast", "x264-params": "cabac=1:bframes=3"},
    "libx265": {"preset": "veryfast"},
    "h264_nvenc": {"preset": "p4"},
    "hevc_nvenc": {"preset": "p4"},
    "libvpx-vp9": {"cpu-used": "5"},
    "libsvtav1": {"preset": "9"},
}
TICKS = 90_000  # a second, at least; frame times are kept to 1/90000 s
MAX_TICKS = 1_000_000


def time_base(fps: Fraction) -> Fraction:
    """A clock fine enough for variable rates on which a constant `fps` falls on whole ticks."""
    if fps.numerator > MAX_TICKS:
        return Fraction(1, TICKS)
    return Fraction(1, fps.numerator * math.ceil(TICKS / fps.numerator))


def _options(codec: str, crf: int, preset: str | None) -> dict[str, str]:
    """The encoder's own names for quality and speed."""
    speed = dict(DEFAULT_SPEED[codec])
    if preset is not None:
        speed = {"cpu-used" if codec == "libvpx-vp9" else "preset": preset}
    if codec.endswith("_nvenc"):
        return {"rc": "vbr", "cq": str(crf), "b": "0", **speed}
    if codec == "libvpx-vp9":
        return {"crf": str(crf), "b": "0", "row-mt": "1", "deadline": "good", **speed}
    return {"crf": str(crf), **speed}


@dataclass(frozen=True)
class EncoderSettings:
    """How pictures are encoded; raises `InputError` for what no encoder could do."""

    width: int  # pixels; an odd side is encoded with one line more
    height: int
    fps: Fraction
    codec: str
    crf: int
    preset: str | None  # the encoder's own name, None for the default above
    threads: int  # 0 for one a core
    colours: Colours
    pixel_aspect: Fraction

    def __post_init__(self) -> None:
        if self.codec not in CODECS:
            raise InputError(f"codec '{self.codec}' is unknown; use one of {' '.join(CODECS)}")
        if self.fps <= 0:
            raise InputError(f"{self.fps} frames a second cannot be written; give a rate above 0")

    def add_to(self, output: Any) -> Any:
        """The opened encoder as a new stream of an output container.

        Raises `InputError` if this machine lacks the encoder or it refuses the settings.
        """
        try:
            stream = output.add_stream(self.codec, rate=self.fps)
            context = stream.codec_context
            stream.width, stream.height = self.width + self.width % 2, self.height + self.height % 2
            stream.pix_fmt = "yuv420p"
            context.time_base = time_base(self.fps)
            context.thread_count = self.threads
            context.sample_aspect_ratio = self.pixel_aspect
            context.color_range = self.colours.range
            context.colorspace = self.colours.space
            context.color_primaries = self.colours.primaries
            context.color_trc = self.colours.transfer
            context.options = _options(self.codec, self.crf, self.preset)
            context.open()
        except (av.error.FFmpegError, ValueError) as error:
            preset = f"preset '{self.preset}' and " if self.preset else ""
            raise InputError(
                f"{self.codec}: this machine or build cannot encode {self.width}x{self.height} so; "
                f"check {preset}crf {self.crf}, or use the codec libx264"
            ) from error
        return stream
