"""The report of an expert's training: when it took off, what it knows, what the data lacks, what it may be used for."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from wav2lip.callbacks.diagnosis import (
    LIKELY,
    Cause,
    check_duplicates,
    check_offsets,
    check_silence,
    check_speakers,
    check_unrelated,
    estimate_if_needed,
)
from wav2lip.data.clip_dataset import Clip
from wav2lip.evaluation.expert_card import LENGTHS
from wav2lip.evaluation.table import Row, number, uncertainty
from wav2lip.metrics.bootstrap import Interval
from wav2lip.types import WINDOW_FRAMES
from wav2lip.utils.files import write_atomically
from wav2lip.utils.html import render_page

TEMPLATE = "expert_report.html"
TEXT, PAGE = "report.txt", "report.html"
TAKE_OFF = 0.1  # above the chance of val/pairwise
CHANCE = 0.5
ENOUGH_MINUTES = 30.0  # of training clips
# The expert of the bundled generator preferred the own sound in 0.79 of the pairs; no generator was trained on less.
GOOD = 0.75
SHORTEST = next(iter(LENGTHS))
PAIRWISE = f"pairwise {SHORTEST}"
MEASURES = {
    PAIRWISE: "5 frames prefer their own sound to one 5-15 frames off (chance 0.50)",
    f"within_1 {SHORTEST}": "offset within a frame of 31, from 5 frames (chance 0.10)",
    "within_1 1 s": "offset within a frame of 31, from 1 s (chance 0.10)",
    "clip within_1": "offset within a frame of 31, whole clips of 2 s or more (chance 0.10)",
}

Curve = Sequence[tuple[int, float]]  # (step, val/pairwise)


@dataclass(frozen=True)
class ExpertReport:
    """What a training of an expert came to.

    Attributes:
        steps: trained.
        windows: per step, of all processes.
        curve: val/pairwise by step, the validation before the first step included.
        row: measures of the best checkpoint on the validation clips; see `wav2lip.evaluation.card_tables`.
        causes: what the training clips may lack.
        window: frames that the expert embeds at once.
    """

    steps: int
    windows: int
    curve: Curve
    row: Row
    causes: Sequence[Cause]
    window: int = WINDOW_FRAMES

    @property
    def take_off(self) -> str:
        """When validation left chance."""
        for step, value in self.curve:
            if value >= CHANCE + TAKE_OFF:
                return (
                    f"took off by step {step} ({step * self.windows:,} windows): the first validation with a "
                    f"val/pairwise of {CHANCE + TAKE_OFF:.2f} or more"
                )
        best = max((value for _, value in self.curve), default=CHANCE)
        return f"did not take off in {self.steps} steps: val/pairwise reached {best:.2f}"

    @property
    def measures(self) -> list[tuple[str, str]]:
        """Label and value with its interval of each measure; a measure without a value is left out."""
        return [
            (label, _interval(self.row.cells[key]))
            for key, label in MEASURES.items()
            if key in self.row.cells
        ]

    @property
    def lacks(self) -> list[str]:
        """What the training clips lack, the most severe first."""
        likely = sorted(self.causes, key=lambda cause: -cause.severity)
        return [f"{c.name}: {c.evidence}" for c in likely if c.severity >= LIKELY]

    @property
    def verdict(self) -> str:
        """Whether the expert may train a generator."""
        found = self.row.cells.get(PAIRWISE)
        if self.window != WINDOW_FRAMES:
            return f"may not train a generator, which needs an expert of {WINDOW_FRAMES} frames"
        if found is None or not found.clips:
            return "unknown whether it may train a generator: no validation clip could be measured"
        if found.mean < GOOD:
            return (
                f"should not train a generator yet: {found.mean:.2f} is below {GOOD:.2f}; "
                "train for more steps, or on more people"
            )
        if not found.low >= GOOD:  # NaN: too few people for an interval
            return (
                f"may train a generator, but the validation has too few people ({found.speakers}) to be sure "
                f"of {GOOD:.2f}"
            )
        return "may train a generator"

    def text(self) -> str:
        """Return the report as plain text."""
        width = max((len(label) for label, _ in self.measures), default=0)
        lines = [f"The expert {self.verdict}.", f"It {self.take_off}.", ""]
        lines.append("On the validation clips:")
        lines += [f"  {label:<{width}}  {value}" for label, value in self.measures]
        lines += [
            "",
            "The training clips lack:"
            if self.lacks
            else "The training clips lack nothing obvious.",
        ]
        lines += [f"  {text}" for text in self.lacks]
        return "\n".join(lines) + "\n"

    def html(self, plot: Path | None = None) -> str:
        """Return the report as one page that requests nothing.

        Args:
            plot: PNG of the curves; left out if there is no such file.
        """
        image = ""
        if plot is not None and plot.is_file():
            image = base64.b64encode(plot.read_bytes()).decode()
        return render_page(__package__, TEMPLATE, report=self, plot=image)

    def write(self, folder: Path, plot: Path | None = None) -> None:
        """Write `report.txt` and `report.html`."""
        write_atomically(folder / TEXT, self.text().encode())
        write_atomically(folder / PAGE, self.html(plot).encode())


def _interval(interval: Interval) -> str:
    return f"{number(interval.mean, 2)} {uncertainty(interval, 2)}".replace("\n", " ").strip()


def check_minutes(clips: Sequence[Clip]) -> Cause:
    """Check for too little material."""
    minutes = sum(clip.row.frames / clip.row.fps for clip in clips) / 60
    text = f"{minutes:.0f} minutes; use at least {ENOUGH_MINUTES:.0f}"
    return Cause("too little material", text, max(0.0, 1 - minutes / ENOUGH_MINUTES))


def lacks(clips: Sequence[Clip]) -> list[Cause]:
    """Check training clips for all that an expert needs."""
    estimate = estimate_if_needed(clips)
    return [
        check_minutes(clips),
        check_speakers(clips),
        check_offsets(clips, estimate),
        check_unrelated(clips, estimate),
        check_silence(clips),
        check_duplicates(clips),
    ]
