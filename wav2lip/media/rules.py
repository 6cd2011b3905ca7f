"""Bounds of what is accepted from media files. `docs/media.md` lists what happens at each."""

import os
from fractions import Fraction

from wav2lip.errors import InputError

MIN_GAP = 0.01  # seconds; smaller steps between sound timestamps are rounding
MAX_OVERLAP = 0.05  # seconds by which sound may run ahead of its timestamps before it is cut
LOOKAHEAD = 4  # frames of sound that must agree on a step; a single late timestamp is jitter
MAX_GAP = 60.0  # seconds; a longer stretch without picture and sound is a jump of the clock
BACK = 1.0  # seconds; a larger step back starts another recording
MISSING = 0.2  # seconds by which the duration in a header may be too long
SIZE_SLACK = 64  # bytes by which the file size in a header may be too large
MAX_LOST = 0.5  # share of a sound that may be missing
MIN_RATE, MAX_RATE = 1000, 768_000  # Hz
MAX_CHANNELS = 16
MAX_LEVEL = 100.0  # sample value; full scale is 1, larger ones are unscaled integers
CANCELLED = 0.02  # power of the mean of the channels over their mean power; below, they cancel
LOUDER = 2.0  # times the power of the channel that is taken where they cancel; a louder one is taken instead
MIN_FPS, MAX_FPS = 1, 240  # rates in a header beyond these are wrong: packets are counted instead
STILL_FPS = Fraction(25)  # of a still, unless another rate is asked for
SLOW_FPS = 15  # frames per second; inference repeats the pictures of slower videos
HELD = 0.2  # seconds; inference repeats a picture of another video that is shown for longer
MAX_PIXELS = 150_000_000  # of one picture
PIXELS_VARIABLE = "WAV2LIP_MAX_PIXELS"  # environment variable that replaces MAX_PIXELS
LONGEST_LIMIT = 18  # digits


def limit_pixels(limit: int | None) -> None:
    """Set the largest picture that this process reads, and every process that it starts.

    Args:
        limit: pixels; None: no change.
    """
    if limit is not None:
        os.environ[PIXELS_VARIABLE] = str(limit)


def pixel_limit() -> int:
    """Return the pixels of the largest picture that is read.

    Raises:
        InputError: the environment variable `WAV2LIP_MAX_PIXELS` is not a whole number above 0.
    """
    text = os.environ.get(PIXELS_VARIABLE, "").strip()
    if not text:
        return MAX_PIXELS
    if not text.isdecimal() or len(text) > LONGEST_LIMIT or not int(text):
        raise InputError(
            f"the environment variable {PIXELS_VARIABLE} must be a whole number above 0, not {text[:20]!r}"
        )
    return int(text)


def check_pixels(path: str | os.PathLike[str], width: int, height: int, count: int = 1) -> None:
    """Check the size of a picture before it is decoded.

    Args:
        path: the file.
        width: pixels.
        height: pixels.
        count: pictures that are in memory at the same time.

    Raises:
        InputError: The picture has more pixels than `MAX_PIXELS`, or than `limit_pixels` or the
            environment variable `WAV2LIP_MAX_PIXELS` allows.
    """
    limit = pixel_limit()
    if width * height * count > limit:
        pictures = f"{count} pictures of {width}x{height}" if count > 1 else f"{width}x{height}"
        raise InputError(
            f"{path}: {pictures} pixels are too many, the limit is {limit}; make it smaller, or set "
            f"max_pixels (for Python: the environment variable {PIXELS_VARIABLE})",
            settings=("max_pixels",),
        )
