"""Estimate the audio-visual offset of a clip from mouth motion and loudness, without a network."""

from collections.abc import Sequence
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from wav2lip.clips import ClipFile
from wav2lip.data.clip_dataset import Clip
from wav2lip.media.alignment import column_count

SEARCHED_SHIFT = 10  # frames, in both directions
SEARCHED_FRAMES = 150  # at most, from the start of a clip
MOUTH_SIDE = 32  # px; the lower half of the face is compared at this size
MIN_PEAK = 2.5  # standard deviations of the other correlations
CHANCE_QUANTILE = 0.9  # of the peaks that mismatched audio gives
MIN_SHARE = 0.4  # of clips with a clear peak; 0.1 is expected by chance

Curve = NDArray[np.float64]  # (N,), one value per pair of adjacent frames


def activity(file: ClipFile) -> tuple[Curve, Curve]:
    """Measure how much the lower face and the loudness change from frame to frame.

    Args:
        file: The clip; at most `SEARCHED_FRAMES` frames of it are read.

    Returns:
        Mean absolute difference of the lower face (grey levels) and of the mel level (mel units), each (F - 1,).
    """
    frames = min(file.frames, SEARCHED_FRAMES)
    crops = file.crops(np.arange(frames))
    lower = [
        cv2.resize(
            cv2.cvtColor(crop[len(crop) // 2 :], cv2.COLOR_BGR2GRAY),
            (MOUTH_SIDE, MOUTH_SIDE // 2),
            interpolation=cv2.INTER_AREA,
        )
        for crop in crops
    ]
    motion = np.abs(np.diff(np.stack(lower).astype(np.float64), axis=0)).mean((1, 2))
    columns = file.mel(0, column_count(frames / file.fps)).mean(0).astype(np.float64)
    edges = np.linspace(0, len(columns), frames + 1).round().astype(int)
    level = np.array([columns[start:stop].mean() for start, stop in pairwise(edges)])
    return motion, np.abs(np.diff(level))


def correlation_peak(
    motion: Curve, loudness: Curve, max_shift: int = SEARCHED_SHIFT
) -> tuple[int, float]:
    """Find the shift at which two activity curves correlate best.

    Args:
        motion: Activity of the mouth, (F,).
        loudness: Activity of the audio, (F,).
        max_shift: Shifts to try in both directions, in frames.

    Returns:
        The shift in frames, positive when the sound comes early, and the height of its correlation above the mean
        of the others, in their standard deviations. (0, 0.0) for curves shorter than 4 * `max_shift`.
    """
    frames = min(len(motion), len(loudness))
    if frames < 4 * max_shift:
        return 0, 0.0
    middle = slice(max_shift, frames - max_shift)
    scores = []
    for shift in range(-max_shift, max_shift + 1):
        moved = motion[middle.start + shift : middle.stop + shift]
        pair = np.stack([moved, loudness[middle]])
        deviation = pair.std(1).prod()
        centred = pair - pair.mean(1, keepdims=True)
        scores.append(float((centred[0] * centred[1]).mean() / deviation) if deviation else 0.0)
    best = int(np.argmax(scores))
    others = np.delete(scores, [i for i in (best - 1, best, best + 1) if 0 <= i < len(scores)])
    height = (scores[best] - others.mean()) / max(float(others.std()), 1e-9)
    return best - max_shift, float(height) if any(scores) else 0.0


def estimate_offsets(clips: Sequence[Clip]) -> list[float]:
    """Estimate the offsets of clips whose mouth motion and loudness correlate clearly.

    The estimate is much rougher than a sync expert's, and head motion can hide the mouth's. A clip therefore counts
    only if its peak is higher than nine tenths of the peaks found with the audio of the next clip.

    Returns:
        Offsets in frames, positive when the sound comes early; empty if fewer than `MIN_SHARE` of the clips count.
    """
    curves = [activity(ClipFile(clip.path)) for clip in clips]
    mismatched = [
        correlation_peak(motion, loudness)[1]
        for (motion, _), (_, loudness) in zip(curves, curves[1:] + curves[:1], strict=True)
    ]
    threshold = max(MIN_PEAK, float(np.quantile(mismatched, CHANCE_QUANTILE)))
    peaks = [correlation_peak(motion, loudness) for motion, loudness in curves]
    offsets = [float(offset) for offset, height in peaks if height > threshold]
    return offsets if len(offsets) >= MIN_SHARE * len(clips) else []
