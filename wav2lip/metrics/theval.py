"""Lip dynamics, silent lip stability and lip-sync of THEval (arXiv 2511.04520, sec. 3).

Each describes one video. The paper compares it with the value of the real video.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import pdist

from wav2lip.media.pauses import LOUD_PERCENTILE, SILENT_BELOW, runs
from wav2lip.metrics.mouth_shape import Meshes, Series, check_meshes, inter_ocular
from wav2lip.metrics.pause_motion import FLOOR, frame_levels
from wav2lip.regions import LIP_POINTS
from wav2lip.types import Pcm

MIN_SILENCE = 8  # frames; the paper requires 300 ms
NAN = float("nan")


def lip_dynamics(meshes: Meshes) -> float:
    """Mean standard deviation over time of the distances between all pairs of lip points.

    Args:
        meshes: (F,468,3) px; NaN for a frame without a mesh.

    Returns:
        In inter-ocular distances; 0 for a mouth that does not move. NaN for fewer than two meshes.

    Raises:
        ValueError: a wrong shape.
    """
    check_meshes(meshes)
    known = meshes[np.isfinite(meshes).all((1, 2))]
    if len(known) < 2:
        return NAN
    lips = known[:, list(LIP_POINTS)] / inter_ocular(known)[:, None, None]
    return float(np.std([pdist(points) for points in lips], axis=0).mean())


def speech_and_silences(pcm: Pcm, count: int) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Classify frames by their level; the paper uses a voice-activity network.

    Args:
        pcm: (N,) at 16 kHz.
        count: number of frames at 25 fps.

    Returns:
        (count,) frames at most 25 dB below the loud ones, and (count,) frames of silences of 320 ms or more.
    """
    levels = frame_levels(pcm, count)
    loud = float(np.percentile(levels, LOUD_PERCENTILE)) if count else FLOOR
    quiet = levels < max(loud - SILENT_BELOW, FLOOR)
    silences = np.zeros(count, np.bool_)
    for start, stop in runs(quiet):
        silences[start:stop] = stop - start >= MIN_SILENCE
    return ~quiet, silences


def silent_lip_stability(opening: Series, silences: NDArray[np.bool_]) -> float:
    """Median absolute deviation of the lip opening in silences.

    Args:
        opening: (F,) `MouthShape.opening`.
        silences: (F,) true for frames in silences.

    Returns:
        In inter-ocular distances; 0 for lips that stand still. NaN without a frame in a silence.
    """
    known = opening[silences & np.isfinite(opening)]
    return float(np.median(np.abs(known - np.median(known)))) if len(known) else NAN


def _to_unit(values: Series) -> Series:
    """Scale to 0 for the least and 1 for the greatest value; 0 if all are equal."""
    span = np.ptp(values)
    return np.asarray((values - values.min()) / span if span > 0 else np.zeros(len(values)))


def lip_sync_error(opening: Series, pcm: Pcm, speech: NDArray[np.bool_]) -> float:
    """Mean difference between lip opening and loudness in speech, each scaled to 0 to 1.

    Args:
        opening: (F,) `MouthShape.opening`.
        pcm: (N,) at 16 kHz, the sound under these frames.
        speech: (F,) true for frames with speech.

    Returns:
        0 to 1, lower is better; NaN for fewer than two frames with speech.
    """
    known = speech & np.isfinite(opening)
    if known.sum() < 2:
        return NAN
    loudness = 10 ** (frame_levels(pcm, len(opening)) / 20)
    return float(np.abs(_to_unit(opening[known]) - _to_unit(loudness[known])).mean())
