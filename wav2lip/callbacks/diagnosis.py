"""Why an expert may not learn: what the clips and the run themselves show, with numbers.

Every check is a pure function of clips or numbers and gives a `Finding`; `severity` is at least `LIKELY`
where the numbers are of the kind that keeps an expert at chance.
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from wav2lip.clips import ClipFile
from wav2lip.data.datasets import Clip
from wav2lip.types import MEL_RATE, SILENCE

LIKELY = 0.5
MAX_SHIFT = 10  # frames searched for a clip's offset
PROBED_FRAMES = 150  # of a clip, for its offset
PROBED_CLIPS = 60  # spread over the corpus
MOUTH_SIDE = 32  # px, the lower half is compared at
FEWEST = 4  # clips with an offset, to say anything about their spread
TELLING = 0.4  # share of clips; by chance a tenth are surer than nine tenths of strangers
SURE = 2.5  # peak of the correlation over the others, in their deviations
NEAR = 1  # frames; an expert learns from clips that agree this closely
QUIET = -50.0  # dBFS
STILL = 0.5  # mel units above silence; a column below holds no sound
ENOUGH_SPEAKERS = 20
MOVED_LITTLE = 0.01  # relative change of the weights


@dataclass(frozen=True)
class Finding:
    """One possible cause: its name, the numbers, and how much they speak for it (0-1)."""

    cause: str
    evidence: str
    severity: float


def _spread_out(clips: Sequence[Clip], most: int) -> list[Clip]:
    places = np.linspace(0, len(clips) - 1, min(most, len(clips))).round().astype(int)
    return [clips[i] for i in places]


def _activity(file: ClipFile) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Change from frame to frame of the lower face and of the sound's level, each (F - 1,)."""
    frames = min(file.frames, PROBED_FRAMES)
    crops = file.crops(np.arange(frames))
    lower = [
        cv2.resize(
            cv2.cvtColor(c[len(c) // 2 :], cv2.COLOR_BGR2GRAY),
            (MOUTH_SIDE, MOUTH_SIDE // 2),
            interpolation=cv2.INTER_AREA,
        )
        for c in crops
    ]
    motion = np.abs(np.diff(np.stack(lower).astype(np.float64), axis=0)).mean((1, 2))
    columns = file.mel(0, round(frames / file.fps * MEL_RATE)).mean(0).astype(np.float64)
    edges = np.linspace(0, len(columns), frames + 1).round().astype(int)
    level = np.array([columns[a:b].mean() for a, b in pairwise(edges)])
    return motion, np.abs(np.diff(level))


def peak(
    motion: NDArray[np.float64], sound: NDArray[np.float64], max_shift: int = MAX_SHIFT
) -> tuple[int, float]:
    """(frames that the picture comes late, how sure), from two curves of activity (F,) each.

    The second number is the height of the best correlation over the others, in their standard deviations;
    (0, 0.0) for curves too short to tell.
    """
    frames = min(len(motion), len(sound))
    if frames < 4 * max_shift:
        return 0, 0.0
    middle = slice(max_shift, frames - max_shift)
    scores = []
    for shift in range(-max_shift, max_shift + 1):
        moved = motion[middle.start + shift : middle.stop + shift]
        pair = np.stack([moved, sound[middle]])
        deviation = pair.std(1).prod()
        centred = pair - pair.mean(1, keepdims=True)
        scores.append(float((centred[0] * centred[1]).mean() / deviation) if deviation else 0.0)
    best = int(np.argmax(scores))
    others = np.delete(scores, [i for i in (best - 1, best, best + 1) if 0 <= i < len(scores)])
    sure = (scores[best] - others.mean()) / max(float(others.std()), 1e-9)
    return best - max_shift, float(sure) if any(scores) else 0.0


def rough_offsets(clips: Sequence[Clip]) -> list[float]:
    """Offsets of the clips, in frames, where when the mouth moves and when loudness does tells one.

    Far from what an expert hears, and on many recordings blind: the head moves as well. So each clip is
    also compared with the next one's sound, and only what is surer than nine tenths of those counts;
    where fewer than `TELLING` of the clips are, none does.
    """
    curves = [_activity(ClipFile(clip.path)) for clip in clips]
    strange = [
        peak(motion, sound)[1]
        for (motion, _), (_, sound) in zip(curves, curves[1:] + curves[:1], strict=True)
    ]
    bar = max(SURE, float(np.quantile(strange, 0.9)))
    found = [float(offset) for offset, sure in (peak(*pair) for pair in curves) if sure > bar]
    return found if len(found) >= TELLING * len(clips) else []


def offset_spread(clips: Sequence[Clip]) -> Finding:
    """Clips that disagree about when a sound is seen; one offset common to all would do no harm."""
    measured = [float(c.row.offset) for c in clips if c.row.offset]
    how = "as the manifest says"
    total = len(clips)
    if len(measured) < total / 2:
        probed = _spread_out(clips, PROBED_CLIPS)
        measured = rough_offsets(probed)
        total = len(probed)
        how = "roughly measured by when mouth and loudness move"
    if len(measured) < FEWEST:
        text = (
            f"only {len(measured)} of {total} clips tell theirs, {how}; measure it with an expert when "
            "preprocessing"
        )
        return Finding("offset spread", text, 0.3)
    offsets = np.array(measured)
    off = float((np.abs(offsets - np.median(offsets)) > NEAR).mean())
    text = (
        f"{100 * off:.0f} % of {len(offsets)} clips lie more than {NEAR} frame from the median, "
        f"{offsets.min():+.0f} to {offsets.max():+.0f} frames, deviation {offsets.std():.1f}, {how}; "
        "shift or drop clips that are off sync before training"
    )
    return Finding("offset spread", text, min(1.0, off * 1.5))


def duplicate_clips(clips: Sequence[Clip]) -> Finding:
    """Clips with the same sound: a batch that holds two calls one's own sound a stranger's."""
    groups: defaultdict[str, list[str]] = defaultdict(list)
    for clip in clips:
        sound = ClipFile(clip.path).pcm().tobytes()
        groups[hashlib.sha256(sound).hexdigest()].append(clip.row.clip)
    more = sum(len(group) - 1 for group in groups.values())
    text = f"{more} of {len(clips)} clips repeat the sound of another"
    if more:
        example = next(group for group in groups.values() if len(group) > 1)
        text += f", e.g. {example[0]} and {example[1]}; remove them from the manifest"
    return Finding("duplicate clips", text, min(1.0, 2 * more / len(clips)))


def silent_audio(clips: Sequence[Clip]) -> Finding:
    """Clips without sound, in which no moment differs from another."""
    quiet = 0
    for clip in clips:
        file = ClipFile(clip.path)
        heard = (file.mel(0, file.mel_columns) > SILENCE + STILL).any(0).mean()
        quiet += bool(clip.row.loudness < QUIET or heard < 0.2)
    text = (
        f"{quiet} of {len(clips)} clips are below {QUIET:.0f} dBFS or silent for 80 % of their time"
    )
    return Finding("silent audio", text, min(1.0, 2 * quiet / len(clips)))


def too_few_speakers(clips: Sequence[Clip]) -> Finding:
    """A handful of faces can be told apart by their looks, which teaches nothing about sync."""
    frames: Counter[str] = Counter()
    for clip in clips:
        frames[clip.row.speaker] += clip.row.frames
    share = max(frames.values()) / sum(frames.values())
    text = (
        f"{len(frames)} speakers in {len(clips)} clips, the most frequent in {100 * share:.0f} % of frames; "
        f"{ENOUGH_SPEAKERS} or more are wanted"
    )
    severity = max(0.0, 1 - len(frames) / ENOUGH_SPEAKERS)
    return Finding("too few speakers", text, severity)


def learning_rate(
    rate: float, moved: float, mean: float, deviation: float, chance: float
) -> Finding:
    """A rate so low that nothing moved, or so high that the loss is thrown about above chance.

    Args:
        rate: the optimizer's, now.
        moved: |w - w0| / |w0| since the run began.
        mean: of the latest training losses.
        deviation: of the same, standard.
        chance: the loss of a network that cannot tell.
    """
    text = (
        f"the rate is {rate:.1e}, the weights moved by {100 * moved:.2g} % since the start, the loss is "
        f"{mean:.3f} ± {deviation:.3f}"
    )
    if moved < MOVED_LITTLE:
        return Finding("learning rate", f"{text}; too low", 1 - 0.5 * moved / MOVED_LITTLE)
    if mean > 1.05 * chance or deviation > 0.15 * chance:
        return Finding("learning rate", f"{text}; too high", 0.8)
    return Finding("learning rate", text, 0.1)


def diagnose(clips: Sequence[Clip], rate: Finding) -> list[Finding]:
    """Every check, the likeliest cause first; `rate` is what `learning_rate` found."""
    checks = [
        offset_spread(clips),
        duplicate_clips(clips),
        silent_audio(clips),
        too_few_speakers(clips),
        rate,
    ]
    return sorted(checks, key=lambda finding: -finding.severity)
