"""Results of an audit as a table, a figure and a line of text."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from wav2lip.clips import ManifestRow
from wav2lip.metrics.offset import ClipOffset
from wav2lip.types import MAX_SHIFT
from wav2lip.utils.files import AtomicFile, write_table

REJECTED = "rejected.csv"
FIGURE = "audit.png"
COLUMNS = ("clip", "source", "speaker", "av_offset", "offset_agreement", "sign_agreement", "reason")
COLOURS = {"kept": "tab:blue", "shifted": "tab:green", "rejected": "tab:red"}  # by decision


@dataclass(frozen=True)
class AuditResult:
    """Outcome of the audit of one clip.

    Attributes:
        row: the manifest row before the audit.
        measured: the measured offset; None: the clip is too short to measure.
        kept: the manifest row after the audit; None: rejected.
        reason: why the clip was shifted or rejected.
    """

    row: ManifestRow
    measured: ClipOffset | None
    kept: ManifestRow | None
    reason: str = ""

    @property
    def decision(self) -> str:
        """One of kept, shifted and rejected."""
        if self.kept is None:
            return "rejected"
        return "kept" if self.kept.clip == self.row.clip else "shifted"


def _earlier_rejections(path: Path, audited: set[str]) -> list[dict[str, str]]:
    """Rows of an existing rejected.csv about clips that still exist and are not audited now."""
    if not path.is_file():
        return []
    with path.open(newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file, restval="")
        if tuple(reader.fieldnames or ()) != COLUMNS:  # of an earlier format
            return []
        rows = list(reader)
    return [
        row for row in rows if row["clip"] not in audited and (path.parent / row["clip"]).is_file()
    ]


def write_rejections(path: Path, results: Sequence[AuditResult]) -> None:
    """Write a CSV with one row per rejected clip; see `COLUMNS`.

    Rejections of an earlier audit stay if the clip is not among `results`.
    """
    rows = _earlier_rejections(path, {result.row.clip for result in results})
    for result in results:
        if result.decision == "rejected" and result.measured is not None:
            row, measured = result.row, result.measured
            shares = [f"{measured.agreement:.2f}", f"{measured.sign_agreement:.2f}"]
            cells = [row.clip, row.source, row.speaker, str(measured.av_offset), *shares]
            rows.append(dict(zip(COLUMNS, [*cells, result.reason], strict=True)))
    ordered = sorted(rows, key=lambda row: row["clip"])
    write_table(path, [COLUMNS, *([row[name] for name in COLUMNS] for row in ordered)])


def plot_offsets(path: Path, results: Sequence[AuditResult], min_agreement: float) -> None:
    """Write a PNG: a histogram of the offsets, and each clip's offset against its agreement."""
    figure = Figure(figsize=(9, 6), layout="constrained")
    histogram, scatter = figure.subplots(2, 1, sharex=True)
    measured = [(r.decision, r.measured) for r in results if r.measured is not None]
    groups = {name: [m for decision, m in measured if decision == name] for name in COLOURS}
    groups = {name: group for name, group in groups.items() if group}
    edges = np.arange(-MAX_SHIFT - 0.5, MAX_SHIFT + 1)
    if groups:
        histogram.hist(
            [[m.av_offset for m in group] for group in groups.values()],
            edges,
            stacked=True,
            color=[COLOURS[name] for name in groups],
            label=[f"{name} ({len(group)})" for name, group in groups.items()],
        )
        histogram.legend()
    for name, group in groups.items():
        offsets, agreements = [m.av_offset for m in group], [m.agreement for m in group]
        scatter.scatter(offsets, agreements, s=14, alpha=0.5, color=COLOURS[name])
    scatter.axhline(min_agreement, color="grey", linewidth=1, linestyle="--")
    unmeasured = len(results) - len(measured)
    histogram.set_title(f"{len(measured)} clips measured, {unmeasured} too short to measure")
    histogram.set_ylabel("clips")
    scatter.set_ylabel("offset_agreement")
    scatter.set_ylim(0, 1.03)
    scatter.set_xlabel("av_offset (frames; above 0: the sound comes early)")
    with AtomicFile(path) as new:
        figure.savefig(new.file, format="png", dpi=110)


def write_report(folder: Path, results: Sequence[AuditResult], min_agreement: float) -> None:
    """Write rejected.csv and audit.png under `folder`."""
    write_rejections(folder / REJECTED, results)
    plot_offsets(folder / FIGURE, results, min_agreement)


def summary(results: Sequence[AuditResult]) -> str:
    """Return one line: numbers of clips kept, shifted and rejected, and the median offset."""
    decisions = [result.decision for result in results]
    counts = ", ".join(f"{decisions.count(name)} {name}" for name in COLOURS)
    offsets = [r.measured.av_offset for r in results if r.measured is not None]
    median = f"; median av_offset {np.median(offsets):+.0f} frames" if offsets else ""
    return f"audit: {len(offsets)} of {len(results)} clips measured: {counts}{median}"
