"""Find out why a sync expert does not learn, from its clips and its learning rate.

Each check is a pure function that returns a `Cause` with the numbers it is based on.
"""

import hashlib
import math
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from wav2lip.callbacks.offset_estimate import CHANCE_QUANTILE, Estimate, estimate_offsets
from wav2lip.clips import ClipFile
from wav2lip.data.clip_dataset import Clip
from wav2lip.types import SILENCE

LIKELY = 0.5  # severity from which a cause is reported as likely
PROBED_CLIPS = 60  # at most, evenly spaced over the corpus
MIN_OFFSETS = 4  # clips with a known offset that the spread needs
MIN_SHARE = 0.4  # of clips whose mouth follows the sound; 0.1 is expected by chance
MIN_MESHES = 0.5  # share of the clips that must have face meshes
MIN_PROBED = 10  # clips; fewer follow unrelated audio too often by chance
SIGNIFICANT = 0.05  # probability by chance above which clips do not follow their audio
AGREE = 0.8  # offset_agreement from which a clip has an offset
TOLERANCE = 1  # frames from the median; an expert learns from clips that agree this closely
QUIET = -50.0  # dBFS
AUDIBLE = 0.5  # mel units above silence that a column with sound reaches
MIN_AUDIBLE = 0.2  # share of a clip's mel columns
ENOUGH_SPEAKERS = 20
MIN_CHANGE = 0.01  # relative change of the weights


@dataclass(frozen=True)
class Cause:
    """A possible cause of a training plateau.

    Attributes:
        name: What may be wrong.
        evidence: The numbers, and what to do about it.
        severity: How strongly the numbers indicate it, 0 to 1; `LIKELY` and above is reported as likely.
    """

    name: str
    evidence: str
    severity: float


def _evenly_spaced(clips: Sequence[Clip], count: int) -> list[Clip]:
    places = np.linspace(0, len(clips) - 1, min(count, len(clips))).round().astype(int)
    return [clips[i] for i in places]


def estimate_if_needed(clips: Sequence[Clip]) -> Estimate | None:
    """Estimate the offsets of evenly spaced clips, unless the manifest knows those of at least half of the clips."""
    known = sum(clip.row.av_offset is not None for clip in clips)
    return (
        None if known >= len(clips) / 2 else estimate_offsets(_evenly_spaced(clips, PROBED_CLIPS))
    )


def check_offsets(clips: Sequence[Clip], estimate: Estimate | None) -> Cause:
    """Check whether the clips have different audio-visual offsets.

    An offset that all clips share does not hurt.

    Args:
        clips: The training clips.
        estimate: Result of `estimate_if_needed`; None: the manifest knows the offsets.
    """
    offsets = [float(clip.row.av_offset) for clip in clips if clip.row.av_offset is not None]
    source, total = "from the manifest", len(clips)
    if estimate is not None:
        clear = estimate.share >= MIN_SHARE
        offsets, total = estimate.offsets if clear else [], min(len(clips), PROBED_CLIPS)
        source = "estimated from mouth motion and loudness"
    if len(offsets) < MIN_OFFSETS:
        text = (
            f"only {len(offsets)} of {total} clips have a known offset ({source}); "
            "measure the offsets with a sync expert when you preprocess"
        )
        return Cause("offset spread", text, 0.3)
    values = np.array(offsets)
    share = float((np.abs(values - np.median(values)) > TOLERANCE).mean())
    text = (
        f"{100 * share:.0f} % of {len(values)} clips are more than {TOLERANCE} frame from the median "
        f"({values.min():+.0f} to {values.max():+.0f} frames, standard deviation {values.std():.1f}, {source}); "
        "shift or drop clips that are out of sync before training"
    )
    return Cause("offset spread", text, min(1.0, share * 1.5))


def check_unrelated(clips: Sequence[Clip], estimate: Estimate | None) -> Cause:
    """Check whether the clips have the sound of other videos: no offset fits them.

    Only the audit's agreements and face meshes show that: the pixels of a real face agree with its own sound hardly
    more than with another.

    Args:
        clips: The training clips.
        estimate: Result of `estimate_if_needed`; None: the manifest has agreements.
    """
    name = "unrelated audio"
    if estimate is None:
        agreements = [c.row.offset_agreement for c in clips if c.row.offset_agreement is not None]
        share = float(np.mean([a >= AGREE for a in agreements])) if agreements else 1.0
        text = f"{100 * share:.0f} % of {len(agreements)} measured clips have an offset_agreement of {AGREE:g} or more"
        unrelated = share < MIN_SHARE
    elif estimate.meshes < MIN_MESHES or len(clips) < MIN_PROBED:
        text = f"cannot be told without an audit, or face meshes in {MIN_PROBED} clips or more"
        return Cause(name, text, 0.3)
    else:
        count, chance = min(len(clips), PROBED_CLIPS), 1 - CHANCE_QUANTILE
        follow = len(estimate.offsets)
        text = (
            f"the opening of the mouth follows the loudness in {follow} of {count} clips; "
            f"{chance * count:.0f} are expected of unrelated audio"
        )
        unrelated = at_least(follow, count, chance) > SIGNIFICANT
    if unrelated:
        return Cause(name, f"{text}; check that each video has its own sound", 0.8)
    return Cause(name, text, 0.0)


def at_least(successes: int, trials: int, chance: float) -> float:
    """Return the probability of at least so many successes by chance (binomial distribution).

    Examples:
        >>> round(at_least(3, 10, 0.1), 3)
        0.07
    """
    terms = range(successes, trials + 1)
    return sum(math.comb(trials, k) * chance**k * (1 - chance) ** (trials - k) for k in terms)


def check_duplicates(clips: Sequence[Clip]) -> Cause:
    """Check for clips with identical audio.

    Two of them in one batch become false negatives for the contrastive loss.
    """
    groups: defaultdict[str, list[str]] = defaultdict(list)
    for clip in clips:
        audio = ClipFile(clip.path).pcm()
        if audio.any():  # silence is alike everywhere, and is counted elsewhere
            groups[hashlib.sha256(audio.tobytes()).hexdigest()].append(clip.row.clip)
    repeated = sum(len(group) - 1 for group in groups.values())
    text = f"{repeated} of {len(clips)} clips repeat the audio of another clip"
    if repeated:
        example = next(group for group in groups.values() if len(group) > 1)
        text += f", e.g. {example[0]} and {example[1]}; remove them from the manifest"
    return Cause("duplicate clips", text, min(1.0, 2 * repeated / len(clips)))


def check_silence(clips: Sequence[Clip]) -> Cause:
    """Check for clips without sound, which give no training signal."""
    silent = 0
    for clip in clips:
        file = ClipFile(clip.path)
        audible = (file.mel(0, file.mel_columns) > SILENCE + AUDIBLE).any(0).mean()
        silent += bool(clip.row.loudness < QUIET or audible < MIN_AUDIBLE)
    text = (
        f"{silent} of {len(clips)} clips are below {QUIET:.0f} dBFS "
        f"or silent for more than {100 * (1 - MIN_AUDIBLE):.0f} % of their duration"
    )
    return Cause("silent audio", text, min(1.0, 2 * silent / len(clips)))


def check_speakers(clips: Sequence[Clip]) -> Cause:
    """Check for too few speakers: an expert can then tell clips apart by the face, without learning sync."""
    frames: Counter[str] = Counter()
    for clip in clips:
        frames[clip.row.speaker] += clip.row.frames
    share = max(frames.values()) / sum(frames.values())
    text = (
        f"{len(frames)} speakers in {len(clips)} clips, the most frequent in {100 * share:.0f} % of the frames; "
        f"use at least {ENOUGH_SPEAKERS}"
    )
    severity = max(0.0, 1 - len(frames) / ENOUGH_SPEAKERS)
    return Cause("too few speakers", text, severity)


def check_learning_rate(
    rate: float, change: float, mean: float, deviation: float, chance: float
) -> Cause:
    """Check for a rate so low that the weights do not move, or so high that the loss is unstable.

    Args:
        rate: Current learning rate.
        change: Relative change of the weights since the run began, |w - w0| / |w0|.
        mean: Mean of the latest training losses.
        deviation: Standard deviation of the latest training losses.
        chance: Loss of a network that cannot tell matching from mismatched audio.
    """
    text = (
        f"the rate is {rate:.1e}, the weights have changed by {100 * change:.2g} % since the start, "
        f"the loss is {mean:.3f} ± {deviation:.3f}"
    )
    if change < MIN_CHANGE:
        return Cause("learning rate", f"{text}; too low", 1 - 0.5 * change / MIN_CHANGE)
    if mean > 1.05 * chance or deviation > 0.15 * chance:
        return Cause("learning rate", f"{text}; too high", 0.8)
    return Cause("learning rate", text, 0.1)


def diagnose(clips: Sequence[Clip], learning_rate: Cause) -> list[Cause]:
    """Run every check on the training clips.

    Args:
        clips: The training clips.
        learning_rate: Result of `check_learning_rate`.

    Returns:
        All causes, the most likely one first.
    """
    estimate = estimate_if_needed(clips)
    causes = [
        check_offsets(clips, estimate),
        check_unrelated(clips, estimate),
        check_duplicates(clips),
        check_silence(clips),
        check_speakers(clips),
        learning_rate,
    ]
    return sorted(causes, key=lambda cause: -cause.severity)
