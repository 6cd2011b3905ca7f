"""The video encoders on offer, with one meaning of quality and speed, and their clock."""

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import av.error

from wav2lip.errors import InputError
from wav2lip.media.colour import Colours

CODECS = ("libx264", "libx265", "h264_nvenc", "hevc_nvenc", "libvpx-vp9", "libsvtav1")
WEBM_CODECS = ("libvpx-vp9", "libsvtav1")
# Measured at 1280x720, crf 18, one core: superfast 17 ms a frame, veryfast 25, medium 64, at 2.6,
# 1.5 and 1.5 Mbit/s. The generator needs the cores, and superfast loses nothing but disk space.
DEFAULT_PRESETS = {
    "libx264": "superfast",
    "libx265": "veryfast",
    "h264_nvenc": "p4",
    "hevc_nvenc": "p4",
    "libvpx-vp9": "5",
    "libsvtav1": "9",
}
TICKS = 90_000  # a second, at least; frame times are kept to 1/90000 s
MAX_TICKS = 1_000_000


def time_base(fps: Fraction) -> Fraction:
    """A clock fine enough for variable rates on which a constant `fps` falls on whole ticks."""
    if fps.numerator > MAX_TICKS:
        return Fraction(1, TICKS)
    return Fraction(1, fps.numerator * math.ceil(TICKS / fps.numerator))


def _options(codec: str, crf: int, preset: str) -> dict[str, str]:
    """The encoder's own names for quality and speed."""
    if codec.endswith("_nvenc"):
        return {"rc": "vbr", "cq": str(crf), "b": "0", "preset": preset}
    if codec == "libvpx-vp9":
        return {"crf": str(crf), "b": "0", "cpu-used": preset, "row-mt": "1", "deadline": "good"}
    return {"crf": str(crf), "preset": preset}


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
        preset = self.preset or DEFAULT_PRESETS[self.codec]
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
            context.options = _options(self.codec, self.crf, preset)
            context.open()
        except (av.error.FFmpegError, ValueError) as error:
            raise InputError(
                f"{self.codec}: this machine or build cannot encode {self.width}x{self.height} so; "
                f"check preset '{preset}' and crf {self.crf}, or use the codec libx264"
            ) from error
        return stream
