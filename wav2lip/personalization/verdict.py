"""The verdict on a personal generator, as text and as one HTML page that requests nothing."""

from collections.abc import Sequence
from dataclasses import dataclass

from wav2lip.personalization.decision import MotionVerdict
from wav2lip.personalization.mouth_fit import MouthFit
from wav2lip.utils.html import render_page
from wav2lip.utils.text import printable

TEMPLATE = "verdict.html"


@dataclass(frozen=True)
class Row:
    """One measure before and after.

    Attributes:
        label: of the measure, with the value that is best.
        before: value.
        after: value.
    """

    label: str
    before: str
    after: str


@dataclass(frozen=True)
class Verdict:
    """What a tuning came to.

    Attributes:
        videos: names of the files.
        tuned_seconds: that were tuned on.
        held_out_seconds: that were held out.
        motion: of the lower face.
        mouth: inside of the mouth; None: not tuned.
        mouth_reasons: against the tuned inside of the mouth.
        film: what to film next.
        remarks: what was left out.
    """

    videos: Sequence[str]
    tuned_seconds: float
    held_out_seconds: float
    motion: MotionVerdict
    mouth: MouthFit | None
    mouth_reasons: Sequence[str]
    film: Sequence[str]
    remarks: Sequence[str] = ()

    @property
    def takes_motion(self) -> bool:
        """Whether the tuned motion is taken."""
        return not self.motion.reasons

    @property
    def takes_mouth(self) -> bool:
        """Whether the tuned inside of the mouth is taken."""
        return not self.mouth_reasons

    @property
    def go(self) -> bool:
        """Whether anything is better than the start."""
        return self.takes_motion or self.takes_mouth

    @property
    def line(self) -> str:
        """The verdict in one line."""
        parts = [("the motion", self.takes_motion), ("the inside of the mouth", self.takes_mouth)]
        taken = [name for name, takes in parts if takes]
        if not taken:
            return "keep the default: nothing is surely better, so no file is written"
        left = [name for name, takes in parts if not takes]
        kept = f"; {left[0]} stays that of the default" if left else ""
        return f"go: {' and '.join(taken)} {'are' if len(taken) > 1 else 'is'} better{kept}"

    @property
    def reasons(self) -> list[str]:
        """Why parts stay as they were."""
        return [*self.motion.reasons, *self.mouth_reasons]

    @property
    def rows(self) -> list[Row]:
        """Values of the held-out seconds before and after."""
        names = {
            "opening": "opening: correlation with the true one (1)",
            "width": "width: the same (1)",
            "jaw": "jaw: the same (1)",
            "concordance": "agreement of the three in time, range and mean (1)",
            "opening_range": "range of the opening over the true one (1)",
            "width_range": "range of the width over the true one (1)",
            "correlation": "correlation with the own sound (high)",
            "other_moment": "with the sound of another moment (0)",
            "other_voice": "with the sound of another voice (0)",
        }
        pair = self.motion.before, self.motion.after
        rows = [
            Row(label, *(f"{getattr(scores, name):.2f}" for scores in pair))
            for name, label in names.items()
        ]
        if self.mouth:
            one, other = self.mouth.before, self.mouth.after
            rows.append(Row("inside of the mouth: L1 (0)", f"{one.l1:.4f}", f"{other.l1:.4f}"))
            values = f"{one.sharpness:.2f}", f"{other.sharpness:.2f}"
            rows.append(Row("inside of the mouth: sharpness (1)", *values))
        return rows

    @property
    def material(self) -> str:
        """What was tuned and held out."""
        return (
            f"tuned on {self.tuned_seconds:.0f} s of {', '.join(self.videos)}; "
            f"{self.held_out_seconds:.0f} s held out"
        )

    def text(self) -> str:
        """Return the verdict as plain text."""
        rows = self.rows
        width = max(len(row.label) for row in rows)
        lines = [self.material, f"{'held-out seconds (best value)':<{width}}  before   after"]
        lines += [f"{row.label:<{width}}  {row.before:>6}  {row.after:>6}" for row in rows]
        lines += self.reasons
        lines += [f"left out: {remark}" for remark in self.remarks]
        lines += [f"film next: {text}" for text in self.film]
        return "\n".join([*lines, self.line])

    def html(self) -> str:
        """Return the verdict as a page."""
        return printable(render_page(__package__, TEMPLATE, verdict=self))
