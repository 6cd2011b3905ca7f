"""What was found in a video as text: one line per face track, and one row per face and frame."""

from collections.abc import Iterable
from dataclasses import astuple, fields
from pathlib import Path

import numpy as np

from wav2lip.inspection.findings import FaceFinding, Findings
from wav2lip.media.pauses import VOICE_BEGINS
from wav2lip.utils.files import write_table

COLUMNS = (
    ("track", 5),
    ("shot", 4),
    ("from", 7),
    ("to", 7),
    ("frames", 6),
    ("face px", 7),
    ("yaw", 13),
    ("pitch", 13),
    ("roll", 13),
    ("MAR", 12),
    ("visible", 7),
)


def _range(values: Iterable[float], digits: int) -> str:
    """Return the 5th and the 95th percentile, "-" without numbers."""
    known = np.array([value for value in values if np.isfinite(value)])
    if not len(known):
        return "-"
    low, high = np.percentile(known, (5, 95))
    return f"{low:.{digits}f} .. {high:.{digits}f}"


def _row(track: int, faces: list[FaceFinding]) -> tuple[str, ...]:
    visible = [face.visible for face in faces if np.isfinite(face.visible)]
    return (
        str(track),
        str(faces[0].shot),
        f"{faces[0].time:.2f}",
        f"{faces[-1].time:.2f}",
        str(len(faces)),
        f"{np.median([face.width for face in faces]):.0f}",
        *(_range((getattr(face, name) for face in faces), 0) for name in ("yaw", "pitch", "roll")),
        _range((face.mar for face in faces), 2),
        f"{np.median(visible):.0%}" if visible else "-",
    )


def _cell(value: float) -> float | str:
    if isinstance(value, int):
        return value
    return f"{value:.4f}" if np.isfinite(value) else ""


def track_table(findings: Findings) -> str:
    """Return the findings as text: the video, its sound, and a line per face track.

    A range is from the 5th to the 95th percentile over the frames of the track.
    """
    width, height = findings.size
    lines = [
        f"{findings.path}: {width}x{height}, {float(findings.fps):.2f} frames per second, "
        f"{findings.frames} frames, {findings.seconds:.2f} s, {len(findings.shots)} shots; "
        f"a face in {len({face.frame for face in findings.faces})} frames"
    ]
    if findings.voice is None:
        lines.append("the sound cannot be used" if findings.has_sound else "no sound")
    else:
        voice = float((findings.voice > VOICE_BEGINS).mean())
        lines.append(
            f"voice in {voice:.0%} of the sound, {len(findings.pauses)} pauses of 0.3 s or longer"
        )
    lines += findings.problems
    tracks: dict[int, list[FaceFinding]] = {}
    for face in findings.faces:
        tracks.setdefault(face.track, []).append(face)
    rows = [_row(track, tracks[track]) for track in sorted(tracks)]
    if rows:
        lines.append("  ".join(name.rjust(size) for name, size in COLUMNS))
    for row in rows:
        lines.append(
            "  ".join(text.rjust(size) for text, (_, size) in zip(row, COLUMNS, strict=True))
        )
    return "\n".join(lines)


def write_faces(findings: Findings, path: Path) -> None:
    """Write a CSV file with a row per face and frame; its columns are the fields of `FaceFinding`.

    Raises:
        InputError: the file cannot be written.
    """
    names = [entry.name for entry in fields(FaceFinding)]
    rows = [[_cell(value) for value in astuple(face)] for face in findings.faces]
    write_table(path, [names, *rows])
