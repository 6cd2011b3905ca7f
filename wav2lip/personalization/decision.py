"""Decide whether tuned parts replace those of the start; every reason against it is one line."""

from dataclasses import dataclass

import numpy as np

from wav2lip.personalization.motion_fit import LastLayer, MotionFit, folds_of, mean_concordance
from wav2lip.personalization.motion_scores import MotionScores, certainty, score_motion
from wav2lip.personalization.mouth_fit import MouthFit
from wav2lip.personalization.speech import Floats, Speech

LEAST_GAIN = 0.02  # of the concordance on unseen seconds; less is not seen in a video
LEAST_CERTAINTY = 0.9  # share of the resamples of the seconds
# Mean over all unseen seconds: name, the loss that may be chance, and what a larger one means.
LOSSES = (
    ("correlation", 0.02, "the motion follows the mouth less closely in time"),
    ("contrast", 0.02, "the motion follows its own sound less"),
)
LEAST_L1_GAIN = 0.01  # share of the error of the mouth
LOST_SHARPNESS = 0.02  # share of the detail


@dataclass(frozen=True)
class MotionVerdict:
    """The motion before and after.

    Attributes:
        before: on the held-out seconds.
        after: on the held-out seconds.
        certainty: share of the resamples of the tuned seconds that unseen predictions are better in.
        reasons: against the tuned motion.
    """

    before: MotionScores
    after: MotionScores
    certainty: float
    reasons: tuple[str, ...]


def judge_motion(
    start: LastLayer, fit: MotionFit, tuned: Speech, held_out: Speech, voice: Floats
) -> MotionVerdict:
    """Compare motion before and after.

    The held-out seconds are few, so the tuned ones count too, as predicted by layers that have not seen them.

    Args:
        start: the layer before.
        fit: the tuned layer.
        tuned: what it was tuned on.
        held_out: what was held out.
        voice: (F, width) features of another voice, at least as many as frames were held out.
    """
    scores = []
    for layer in (start, fit.layer):
        other = layer.predict(voice[: len(held_out)])
        predicted = layer.predict(held_out.features)
        scores.append(score_motion(predicted, held_out.motion, other))
    before, after = scores
    unseen = start.predict(tuned.features), fit.unseen
    was, now = (mean_concordance(motion, tuned.motion) for motion in unseen)
    share = certainty(*unseen, tuned.motion)
    reasons = []
    if now - was < LEAST_GAIN or share < LEAST_CERTAINTY:
        reasons.append(
            f"the motion is not surely better on seconds it was not tuned on (agreement {was:.2f} before, "
            f"{now:.2f} after, better in {100 * share:.0f} % of the resamples)"
        )
    if not after.concordance > before.concordance:
        reasons.append(
            f"the motion agrees less with the held-out seconds ({before.concordance:.2f} before, "
            f"{after.concordance:.2f} after)"
        )
    # Each fold by itself, because the layers of the folds differ in range and mean.
    folds = folds_of(len(tuned))
    weights = [*map(len, folds), len(held_out)]
    parts = [
        [score_motion(motion[fold], tuned.motion[fold]) for fold in folds] for motion in unseen
    ]
    for name, lost, text in LOSSES:
        old, new = (
            float(np.average([getattr(scores, name) for scores in all_parts], weights=weights))
            for all_parts in ([*parts[0], before], [*parts[1], after])
        )
        if new < old - lost:
            reasons.append(f"{text} ({name} {old:.2f} before, {new:.2f} after)")
    return MotionVerdict(before, after, share, tuple(reasons))


def judge_mouth(fit: MouthFit | None) -> tuple[str, ...]:
    """Return the reasons against a tuned inside of the mouth."""
    if fit is None:
        return (
            "the inside of the mouth was not tuned: the face is too small, or too few frames are held out",
        )
    before, after = fit.before, fit.after
    reasons = []
    if after.l1 > (1 - LEAST_L1_GAIN) * before.l1:
        reasons.append(
            f"the inside of the mouth is no nearer to the true one (L1 {before.l1:.4f} before, {after.l1:.4f} after)"
        )
    if after.sharpness < before.sharpness - LOST_SHARPNESS and after.sharpness < 1:
        reasons.append(
            f"the inside of the mouth is less sharp ({before.sharpness:.2f} before, {after.sharpness:.2f} after)"
        )
    return tuple(reasons)
