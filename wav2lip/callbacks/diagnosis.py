"""Find out why a sync expert does not learn, from its clips and its learning rate.

Each check is a pure function that returns a `Cause` with the numbers it is based on.
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from wav2lip.callbacks.offset_estimate import estimate_offsets
from wav2lip.clips import ClipFile
from wav2lip.data.clip_dataset import Clip
from wav2lip.types import SILENCE

LIKELY = 0.5  # severity from which a cause is reported as likely
PROBED_CLIPS = 60  # at most, evenly spaced over the corpus
MIN_OFFSETS = 4  # clips with a known offset that the spread needs
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


def check_offsets(clips: Sequence[Clip]) -> Cause:
    """Check whether the clips have different audio-visual offsets.

    An offset that all clips share does not hurt. Offsets come from the manifest if at least half of the clips have
    one there, and are estimated from the clips otherwise (see `wav2lip.callbacks.offset_estimate`).
    """
    offsets = [float(clip.row.av_offset) for clip in clips if clip.row.av_offset is not None]
    source, total = "from the manifest", len(clips)
    if len(offsets) < total / 2:
        probed = _evenly_spaced(clips, PROBED_CLIPS)
        offsets = estimate_offsets(probed)
        source, total = "estimated from mouth motion and loudness", len(probed)
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


def check_duplicates(clips: Sequence[Clip]) -> Cause:
    """Check for clips with identical audio.

    Two of them in one batch become false negatives for the contrastive loss.
    """
    groups: defaultdict[str, list[str]] = defaultdict(list)
    for clip in clips:
        audio = ClipFile(clip.path).pcm().tobytes()
        groups[hashlib.sha256(audio).hexdigest()].append(clip.row.clip)
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
    causes = [
        check_offsets(clips),
        check_duplicates(clips),
        check_silence(clips),
        check_speakers(clips),
        learning_rate,
    ]
    return sorted(causes, key=lambda cause: -cause.severity)
