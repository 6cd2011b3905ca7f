"""The manifest: a CSV with one row per clip."""

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import MISSING, astuple, dataclass, fields
from pathlib import Path
from typing import Any

from wav2lip.clips.bounds import ROW
from wav2lip.errors import InputError
from wav2lip.utils.fields import check_fields, quote
from wav2lip.utils.files import write_table
from wav2lip.utils.tables import read_table

MANIFEST = "manifest.csv"
SHIFTED_1 = re.compile(r"\.shift([+-]\d+)\.")  # in the name of a shifted clip of format 1


@dataclass
class ManifestRow:
    """One row of the manifest: a clip and its properties.

    Attributes:
        clip: clip file, relative to the folder of the manifest.
        source: the video, relative to the input folder.
        speaker: name of the speaker.
        split: train, val or test.
        track: number of the face track within the video.
        start: time of the first frame in the source, seconds.
        frames: number of frames.
        fps: frames per second.
        face: median side of the face box in the source, pixels.
        coverage: share of the source's frames that the clip covers, 0-1.
        sharpness: variance of the Laplacian of the lower half of the face at 96 px, median.
        loudness: root mean square level, dBFS.
        yaw: median head pose, degrees; see `wav2lip.faces.HeadPose`. None, as all that landmarks tell:
            not measured.
        pitch: the same.
        roll: the same.
        yaw_max: largest absolute value, degrees.
        pitch_max: the same.
        roll_max: the same.
        mar_low: mouth aspect ratio, 5th percentile.
        mar_high: 95th percentile.
        visible: share of the landmarks that the camera sees, median, 0-1.
        av_offset: measured offset, frames; above 0: the sound comes early and must be delayed (the sign
            of SyncNet). None: not measured.
        offset_agreement: share of bootstrap resamples that agree on `av_offset`, 0-1.
        sign_agreement: share of bootstrap resamples that are off in the direction of `av_offset`, 0-1.
        av_shift: frames by which the audit has delayed the sound; below 0: moved it earlier. Before that,
            the clip's offset was `av_offset` + `av_shift`.
    """

    clip: str
    source: str
    speaker: str
    split: str
    track: int
    start: float
    frames: int
    fps: float
    face: float
    coverage: float
    sharpness: float
    loudness: float
    yaw: float | None = None
    pitch: float | None = None
    roll: float | None = None
    yaw_max: float | None = None
    pitch_max: float | None = None
    roll_max: float | None = None
    mar_low: float | None = None
    mar_high: float | None = None
    visible: float | None = None
    av_offset: int | None = None
    offset_agreement: float | None = None
    sign_agreement: float | None = None
    av_shift: int = 0


COLUMNS = [field.name for field in fields(ManifestRow)]
# Columns that landmarks and the audit give, with their types; each may be empty or missing.
OPTIONAL: dict[str, Callable[[Any], int | float]] = {
    **dict.fromkeys(("yaw", "pitch", "roll", "yaw_max", "pitch_max", "roll_max"), float),
    **dict.fromkeys(("mar_low", "mar_high", "visible"), float),
    "av_offset": int,
    "offset_agreement": float,
    "sign_agreement": float,
    "av_shift": int,
}


def write_manifest(path: Path, rows: Iterable[ManifestRow]) -> None:
    """Write rows as CSV, sorted by clip so that the order of processing does not matter."""
    ordered = sorted(rows, key=lambda row: row.clip)
    write_table(path, [COLUMNS, *(astuple(row) for row in ordered)])


def _from_format_1(values: Mapping[str, Any]) -> dict[str, Any]:
    """Values of a row of format 1, whose `offset` was above 0 for late sound, as those of format 2."""
    late, shifted = values["offset"], SHIFTED_1.search(values["clip"])
    return {
        **values,
        "av_offset": -int(late) if late != "" else None,
        "offset_agreement": values.get("confidence"),
        "av_shift": -int(shifted[1]) if shifted else 0,
    }


def parse_row(values: Mapping[str, Any]) -> ManifestRow:
    """Create a row from its values by column, as text or typed, of format 1 or 2.

    Raises:
        KeyError: a column is missing.
        ValueError: a value has the wrong type, or cannot be right.
    """
    if "av_offset" not in values and "offset" in values:
        values = _from_format_1(values)
    required = {field.name: field.type for field in fields(ManifestRow) if field.default is MISSING}
    typed = {name: kind(values[name]) for name, kind in required.items()}  # type: ignore[operator]
    for name, kind in OPTIONAL.items():
        if values.get(name) not in ("", None):
            typed[name] = kind(values[name])
    return ManifestRow(**check_fields(typed, ROW))


def _parsed_rows(path: Path) -> Iterator[tuple[int, ManifestRow]]:
    """Yield every row with its line."""
    if not path.is_file():
        raise InputError(f"{path}: no such manifest; run preprocess first or correct the path")
    line = 1
    try:
        columns, table = read_table(path, "manifest")
        if "clip" not in columns:
            raise KeyError("clip")
        for line, values in table:
            yield line, parse_row(values)
    except KeyError as error:
        raise InputError(f"{path}: not a manifest: column {error} is missing") from error
    except (ValueError, TypeError) as error:
        raise InputError(f"{path}: line {line} cannot be read: {error}") from error


def manifest_file(path: Path) -> Path:
    """Return the path of a manifest, given the file or its folder."""
    return path / MANIFEST if path.is_dir() else path


def check_manifest(path: Path) -> None:
    """Check that a manifest exists, and its first row; a long one takes no time.

    Args:
        path: the file or its folder.

    Raises:
        InputError: as `read_manifest`.
    """
    next(_parsed_rows(manifest_file(path)), None)


def read_manifest(path: Path) -> list[ManifestRow]:
    """Read a manifest of format 1 or 2.

    Args:
        path: the file or its folder.

    Raises:
        InputError: the file is missing or not a manifest, a value cannot be right, a path leads out of the folder,
            or two rows name the same clip.
    """
    path = manifest_file(path)
    rows: list[ManifestRow] = []
    lines: dict[str, int] = {}  # clip -> its line
    for line, row in _parsed_rows(path):
        first = lines.setdefault(os.path.normpath(row.clip), line)
        if first != line:
            raise InputError(
                f"{path}: line {line} cannot be read: {quote(row.clip)} is in line {first}, too; remove one"
            )
        rows.append(row)
    return rows
