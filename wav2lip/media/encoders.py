"""The supported video encoders: their settings for quality and speed, and their time base."""

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import av.error

from wav2lip.errors import InputError
from wav2lip.media.colour import Colours

CODECS = ("libx264", "libx265", "h264_nvenc", "hevc_nvenc", "libvpx-vp9", "libsvtav1")
WEBM_CODECS = ("libvpx-vp9", "libsvtav1")  # the first is the default
# Default presets. They are fast because the generator needs the cores. libx264 at 1280x720 and
# crf 18, one core, mean of three clips:
#   preset                             ms per frame   Mbit/s   PSNR
#   superfast                                   8.2      2.9   49.0 dB
#   ultrafast                                   4.6      5.7   48.0 dB
#   ultrafast, CABAC and B-frames               5.0      2.7   47.8 dB
DEFAULT_SPEED = {
    "libx264": {"preset": "ultrafast", "x264-params": "cabac=1:bframes=3"},
    "libx265": {"preset": "veryfast"},
    "h264_nvenc": {"preset": "p4"},
    "hevc_nvenc": {"preset": "p4"},
    "libvpx-vp9": {"cpu-used": "5"},
    "libsvtav1": {"preset": "9"},
}
TICKS = 90_000  # per second, at least; frame times are exact to 1/90000 s
MAX_TICKS = 1_000_000  # per second


def time_base(fps: Fraction) -> Fraction:
    """Time base for a frame rate: at least 90000 ticks per second, a whole number of them per frame."""
    if fps.numerator > MAX_TICKS:
        return Fraction(1, TICKS)
    return Fraction(1, fps.numerator * math.ceil(TICKS / fps.numerator))


def _options(codec: str, crf: int, preset: str | None) -> dict[str, str]:
    """Translate quality and speed to the options of an encoder."""
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
    """How frames are encoded.

    Attributes:
        width: pixels; an odd width is encoded with one column more.
        height: pixels; an odd height is encoded with one line more.
        fps: frames per second.
        codec: one of `CODECS`.
        crf: quality; lower is better.
        preset: speed, by the encoder's own name; None for the default.
        threads: of the encoder; 0 for one per core.
        colours: colour tags of the stream.
        pixel_aspect: width of a pixel over its height.

    Raises:
        InputError: The codec is unknown or the rate is not above 0.
    """

    width: int
    height: int
    fps: Fraction
    codec: str
    crf: int
    preset: str | None
    threads: int
    colours: Colours
    pixel_aspect: Fraction

    def __post_init__(self) -> None:
        if self.codec not in CODECS:
            raise InputError(f"codec '{self.codec}' is unknown; use one of {' '.join(CODECS)}")
        if self.fps <= 0:
            raise InputError(f"{self.fps} frames per second cannot be encoded; give a rate above 0")

    def add_to(self, output: Any) -> Any:
        """Open the encoder as a new stream of an output container.

        Args:
            output: an `av` output container.

        Returns:
            The `av` stream.

        Raises:
            InputError: This machine lacks the encoder, or the encoder refuses the settings.
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
                f"{self.codec}: cannot encode {self.width}x{self.height} on this machine with these "
                f"settings; check {preset}crf {self.crf}, or use the codec libx264"
            ) from error
        return stream
