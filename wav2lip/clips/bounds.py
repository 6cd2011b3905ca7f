"""Bounds of the values in clip files and manifests."""

from dataclasses import dataclass
from pathlib import Path

from wav2lip.types import CROP_KINDS, SPLITS
from wav2lip.utils.fields import AnyOf, Field, Nothing, Number, OneOf, quote

LONGEST_PATH = 4096  # characters
FPS = Number(0.1, 1000)
SHIFT = Number(-10_000, 10_000, whole=True)  # frames
SHARE = AnyOf((Number(0, 1), Nothing()))
ANGLE = AnyOf((Number(-180, 180), Nothing()))  # degrees
MAR = AnyOf((Number(0, 1000), Nothing()))


@dataclass(frozen=True)
class Name:
    """Text without a zero byte; names of files may hold any other character."""

    def check(self, value: object) -> str:
        """Return the name. Raises ValueError if it is no text, or too long for a path."""
        if not isinstance(value, str) or len(value) > LONGEST_PATH or "\0" in value:
            raise ValueError(f"must be a name of at most {LONGEST_PATH} characters")
        return value


@dataclass(frozen=True)
class PathWithin(Name):
    """A relative path that stays below the folder that it is relative to."""

    def check(self, value: object) -> str:
        """Return the path. Raises ValueError if it leads out of its folder."""
        path = Path(super().check(value))
        if path.is_absolute() or path.drive or ".." in path.parts:
            raise ValueError(f"must be a path below the folder, not {quote(value)}")
        return str(value)


@dataclass(frozen=True)
class FileWithin(PathWithin):
    """A path below a folder that names a file."""

    def check(self, value: object) -> str:
        """Return the path. Raises ValueError if it is empty or leads out of its folder."""
        if not Path(super().check(value)).name:
            raise ValueError("must name a file")
        return str(value)


ROW: dict[str, Field] = {  # by column of the manifest
    "clip": FileWithin(),
    "source": PathWithin(),
    "speaker": Name(),
    "split": OneOf(SPLITS),
    "track": Number(0, 1e9, whole=True),
    "start": Number(-1e6, 1e9),
    "frames": Number(1, 1e9, whole=True),
    "fps": FPS,
    "face": Number(0, 1e6),
    "coverage": Number(0, 2),
    "sharpness": Number(0, 1e12),
    "loudness": Number(-1000, 1000),
    "yaw": ANGLE,
    "pitch": ANGLE,
    "roll": ANGLE,
    "yaw_max": ANGLE,
    "pitch_max": ANGLE,
    "roll_max": ANGLE,
    "mar_low": MAR,
    "mar_high": MAR,
    "visible": SHARE,
    "av_offset": AnyOf((SHIFT, Nothing())),
    "offset_agreement": SHARE,
    "sign_agreement": SHARE,
    "av_shift": SHIFT,
}
METADATA: dict[str, Field] = {  # of a clip file
    "format": Number(1, 1e6, whole=True),
    "source": Name(),
    "fps": FPS,
    "crop_size": Number(1, 16_384, whole=True),
    "pad": Number(0, 10),
    "face_crop": OneOf(CROP_KINDS),
    "av_shift": SHIFT,
    "shift": SHIFT,
}
REQUIRED = ("fps", "crop_size", "pad")  # metadata of a clip file
