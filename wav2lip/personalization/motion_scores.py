"""What predicted motion is worth: agreement with the true motion, range, and whether it follows its own sound."""

from dataclasses import dataclass

import numpy as np

from wav2lip.metrics.mouth_agreement import range_ratio, shape_correlation
from wav2lip.personalization.motion_fit import mean_concordance, measures_of
from wav2lip.personalization.speech import Floats
from wav2lip.types import FPS

LEAST_SHIFT = FPS  # frames; the sound of a moment that is nearer resembles the own sound
SHIFTS = 24  # other moments whose mean counts
BLOCK = FPS  # frames that are resampled together
RESAMPLES = 200
SEED = 0


@dataclass(frozen=True)
class MotionScores:
    """Scores of predicted motion against the true motion.

    Attributes:
        opening: correlation of the lip opening.
        width: of the mouth's width.
        jaw: of the chin's height.
        opening_range: standard deviation of the opening over that of the true one.
        width_range: that of the width.
        concordance: mean over the three measures, see `wav2lip.metrics.mouth_agreement.concordance`.
        other_moment: mean correlation of the three measures with motion that the sound of other moments asks for.
        other_voice: the same with the sound of another voice; NaN if none was given.
    """

    opening: float
    width: float
    jaw: float
    opening_range: float
    width_range: float
    concordance: float
    other_moment: float
    other_voice: float

    @property
    def correlation(self) -> float:
        """Mean correlation of the three measures."""
        return (self.opening + self.width + self.jaw) / 3

    @property
    def contrast(self) -> float:
        """By how much the own sound fits better than the sounds that do not belong to the mouth."""
        others = [self.other_moment, self.other_voice]
        return self.correlation - float(np.nanmean(others))


def _correlations(predicted: Floats, true: Floats) -> list[float]:
    pairs = zip(measures_of(predicted).T, measures_of(true).T, strict=True)
    return [shape_correlation(one, other) for one, other in pairs]


def score_motion(predicted: Floats, true: Floats, voice: Floats | None = None) -> MotionScores:
    """Score predicted motion.

    Args:
        predicted: (F, K) for the own sound.
        true: (F, K).
        voice: (F, K) for the sound of another voice.
    """
    count = len(true)
    one, other = measures_of(predicted), measures_of(true)
    least = min(LEAST_SHIFT, count // 3)
    shifts = np.unique(np.linspace(least, count - least, SHIFTS).astype(int))
    moments = [np.mean(_correlations(np.roll(predicted, s, axis=0), true)) for s in shifts]
    opening, width, jaw = _correlations(predicted, true)
    return MotionScores(
        opening,
        width,
        jaw,
        opening_range=range_ratio(one[:, 0], other[:, 0]),
        width_range=range_ratio(one[:, 1], other[:, 1]),
        concordance=mean_concordance(predicted, true),
        other_moment=float(np.mean(moments)),
        other_voice=float("nan") if voice is None else float(np.mean(_correlations(voice, true))),
    )


def certainty(before: Floats, after: Floats, true: Floats) -> float:
    """Return in which share of resamples of the seconds `after` has the higher concordance, 0-1.

    Blocks of a second are drawn with replacement, because neighbouring frames are alike.

    Args:
        before: (F, K) predicted.
        after: (F, K) predicted.
        true: (F, K).
    """
    blocks = np.array_split(np.arange(len(true)), max(2, len(true) // BLOCK))
    rng = np.random.default_rng(SEED)
    better = 0
    for _ in range(RESAMPLES):
        drawn = rng.integers(0, len(blocks), len(blocks))
        frames = np.concatenate([blocks[i] for i in drawn])
        one, other = (mean_concordance(motion[frames], true[frames]) for motion in (before, after))
        better += other > one
    return better / RESAMPLES
