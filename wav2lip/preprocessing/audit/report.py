"""What the dataset doctor found, as a table and a picture."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from wav2lip.clips import ManifestRow
from wav2lip.metrics.offset import ClipOffset
from wav2lip.types import MAX_SHIFT

REJECTED = "rejected.csv"
PICTURE = "sync.png"
COLOURS = {"kept": "tab:blue", "shifted": "tab:green", "rejected": "tab:red"}


@dataclass(frozen=True)
class Finding:
    """What was found about one clip, and what became of it."""

    row: ManifestRow  # as it was made
    measured: ClipOffset | None
    kept: ManifestRow | None  # as it goes into the manifest; None: rejected
    reason: str = ""  # why it was rejected or shifted


def fate(finding: Finding) -> str:
    """One of kept, shifted, rejected."""
    if finding.kept is None:
        return "rejected"
    return "kept" if finding.kept.clip == finding.row.clip else "shifted"


def write_rejections(path: Path, findings: Sequence[Finding]) -> None:
    """CSV with one row a rejected clip: clip, source, speaker, offset (frames), confidence, reason."""
    temporary = path.with_name(path.name + ".part")
    with temporary.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["clip", "source", "speaker", "offset", "confidence", "reason"])
        for finding in findings:
            if finding.kept is None and finding.measured is not None:
                row, measured = finding.row, finding.measured
                cells = [-measured.av_offset, f"{measured.agreement:.2f}", finding.reason]
                writer.writerow([row.clip, row.source, row.speaker, *cells])
    temporary.replace(path)


def draw_offsets(path: Path, findings: Sequence[Finding], threshold: float) -> None:
    """PNG: how many clips have which offset, and each clip's offset against its confidence."""
    figure = Figure(figsize=(9, 6), layout="constrained")
    bars, dots = figure.subplots(2, 1, sharex=True)
    measured = [(fate(f), f.measured) for f in findings if f.measured is not None]
    groups = {name: [m for fate_, m in measured if fate_ == name] for name in COLOURS}
    edges = np.arange(-MAX_SHIFT - 0.5, MAX_SHIFT + 1)
    shown = {name: group for name, group in groups.items() if group}
    if shown:
        bars.hist(
            [[-m.av_offset for m in group] for group in shown.values()],
            edges,
            stacked=True,
            color=[COLOURS[name] for name in shown],
            label=[f"{name} ({len(group)})" for name, group in shown.items()],
        )
    for name, group in shown.items():
        offsets, sure = [-m.av_offset for m in group], [m.agreement for m in group]
        dots.scatter(offsets, sure, s=14, alpha=0.5, color=COLOURS[name])
    dots.axhline(threshold, color="grey", linewidth=1, linestyle="--")
    unmeasured = len(findings) - len(measured)
    bars.set_title(f"{len(measured)} clips measured, {unmeasured} too short to tell")
    bars.set_ylabel("clips")
    if shown:
        bars.legend()
    dots.set_ylabel("confidence")
    dots.set_ylim(0, 1.03)
    dots.set_xlabel("frames that the sound comes late")
    temporary = path.with_name(f".{path.name}.part")
    figure.savefig(temporary, format="png", dpi=110)
    temporary.replace(path)


def write_report(folder: Path, findings: Sequence[Finding], threshold: float) -> None:
    """Write rejected.csv and sync.png under `folder`."""
    write_rejections(folder / REJECTED, findings)
    draw_offsets(folder / PICTURE, findings, threshold)


def summary(findings: Sequence[Finding]) -> str:
    """One line: how many clips were kept, shifted, rejected, and the spread of the offsets."""
    fates = [fate(finding) for finding in findings]
    counts = ", ".join(f"{fates.count(name)} {name}" for name in COLOURS)
    offsets = [-f.measured.av_offset for f in findings if f.measured is not None]
    spread = f"; median offset {np.median(offsets):+.0f} frames" if offsets else ""
    return f"sync: {len(offsets)} of {len(findings)} clips measured: {counts}{spread}"
