"""Add the rows of a clip to the results: its scores, its controls, and what was skipped."""

from wav2lip.errors import InputError
from wav2lip.evaluation.pairs import Pair
from wav2lip.evaluation.results import (
    ClipScores,
    LackingError,
    MouthSeries,
    PairScores,
    Skipped,
    sync_values,
)
from wav2lip.evaluation.scorer import EmbeddedSegment, Scoring, delayed, frozen, score
from wav2lip.evaluation.systems import FROZEN, LATE
from wav2lip.evaluation.video_reader import EmbeddedClip
from wav2lip.metrics.lse import Padding


class ClipRows:
    """Scores clips into results.

    Args:
        scoring: how distances become scores.
        padding: see `wav2lip.metrics.lse.shift_distances`.
    """

    def __init__(self, scoring: Scoring, padding: Padding) -> None:
        self._padding, self._span = padding, scoring.span

    def add(
        self,
        results: PairScores,
        pair: Pair,
        clip: EmbeddedClip,
        system: str,
        parts: list[EmbeddedSegment],
        extra: dict[str, float] | None = None,
        mouth: MouthSeries | None = None,
    ) -> None:
        """Add the scores of a clip.

        Args:
            results: take them.
            pair: that the clip belongs to.
            clip: its name and remarks.
            system: name of the row.
            parts: what is scored.
            extra: more values by name; None for a control, which repeats no remarks.
            mouth: over time.

        Raises:
            InputError: too few windows.
        """
        sync = score(parts, self._padding, self._span)
        remarks = [] if extra is None else clip.remarks
        values = sync_values(sync) | (extra or {})
        results.clips.append(
            ClipScores(clip.name, system, values, sync, pair.speaker or pair.name, remarks, mouth)
        )

    def add_controls(self, results: PairScores, pair: Pair, clip: EmbeddedClip) -> None:
        """Add the same clip with its sound late, and with a mouth that stands still."""
        for system, change in ((LATE, delayed), (FROZEN, frozen)):
            try:
                self.add(results, pair, clip, system, change(clip.parts))
            except InputError as error:
                skip(results, clip.name, system, error)


def skip(results: PairScores, clip: str, what: str, error: BaseException) -> None:
    """List what was not scored, of which clip, and why."""
    reason = " ".join(str(error).split()) or type(error).__name__
    results.skipped.append(Skipped(clip, what, reason, isinstance(error, LackingError)))
