"""Metrics on the face mesh: of one video, and of a generated video against the true one."""

import math

import numpy as np
from numpy.typing import NDArray

from wav2lip.evaluation.face_crops import FaceRun
from wav2lip.evaluation.results import MouthSeries
from wav2lip.media.pcm import from_pcm
from wav2lip.metrics.landmark_distance import f_lmd, lmd
from wav2lip.metrics.lip_leak import closed_share, lip_leak
from wav2lip.metrics.mouth_agreement import range_ratio, shape_correlation
from wav2lip.metrics.mouth_shape import MouthShape, inter_ocular, mouth_shape
from wav2lip.metrics.theval import (
    lip_dynamics,
    lip_sync_error,
    silent_lip_stability,
    speech_and_silences,
)
from wav2lip.types import SAMPLES_PER_FRAME, Pcm

LEVEL_FLOOR = -60.0  # dB below the loudest frame; silence is drawn there
RANGES = ("opening", "width", "jaw")


def mesh_values(run: FaceRun, pcm: Pcm) -> dict[str, float]:
    """THEval's metrics of one video, by name.

    Args:
        run: with meshes.
        pcm: (N,) at 16 kHz, the sound of the whole video.

    Returns:
        Empty without meshes.
    """
    if not run.meshes:
        return {}
    meshes = np.stack(run.meshes)
    start = run.first * SAMPLES_PER_FRAME
    sound = pcm[start : start + len(meshes) * SAMPLES_PER_FRAME]
    speech, silences = speech_and_silences(sound, len(meshes))
    opening = mouth_shape(meshes).opening
    return {
        "lip_dynamics": lip_dynamics(meshes),
        "silent_lip_stability": silent_lip_stability(opening, silences),
        "lip_sync_error": lip_sync_error(opening, sound, speech),
    }


def mouth_series(run: FaceRun, pcm: Pcm) -> MouthSeries | None:
    """The mouth over time beside the level of its sound.

    Args:
        run: with meshes.
        pcm: (N,) at 16 kHz, the sound of the whole video.

    Returns:
        None without meshes.
    """
    if not run.meshes:
        return None
    start = run.first * SAMPLES_PER_FRAME
    sound = pcm[start : start + len(run.meshes) * SAMPLES_PER_FRAME]
    return MouthSeries(run.first, mouth_shape(np.stack(run.meshes)).mar, level(sound))


def level(pcm: Pcm) -> NDArray[np.float64]:
    """Level of every 40 ms of a sound in dB below the loudest, `LEVEL_FLOOR` to 0 -> (F,)."""
    frames = len(pcm) // SAMPLES_PER_FRAME
    samples = from_pcm(pcm[: frames * SAMPLES_PER_FRAME]).reshape(frames, SAMPLES_PER_FRAME)
    power = (samples.astype(np.float64) ** 2).mean(axis=1)
    loudest = power.max(initial=0.0)
    if loudest == 0:
        return np.full(frames, LEVEL_FLOOR)
    decibels = 10 * np.log10(np.maximum(power / loudest, 10 ** (LEVEL_FLOOR / 10)))
    return np.asarray(decibels, np.float64)


def silent_values(run: FaceRun) -> dict[str, float]:
    """LipLeak and SILENT of a video that was generated for silence; empty without meshes."""
    if not run.meshes:
        return {}
    mar = mouth_shape(np.stack(run.meshes)).mar
    return {"lip_leak": lip_leak(mar), "closed_share": closed_share(mar)}


def _agreement(made: MouthShape, true: MouthShape) -> dict[str, float]:
    """Correlations and dynamic ranges."""
    values = {}
    for name in MouthShape._fields:
        series = getattr(made, name), getattr(true, name)
        values[f"{name}_correlation"] = shape_correlation(*series)
        if name in RANGES:
            values[f"{name}_range"] = range_ratio(*series)
    return values


def true_video_values(generated: FaceRun, true: FaceRun, still: bool = False) -> dict[str, float]:
    """Metrics of a generated video against the true one with the same sound, by name.

    Args:
        generated: with meshes, at the true video's crops.
        true: with meshes of the same frames.
        still: whether the generated head stands still. The true one does not, so LMD is left out.

    Returns:
        Empty without a frame that both have.
    """
    count = min(len(generated.meshes), len(true.meshes))
    if not count:
        return {}
    pair = np.stack(generated.meshes[:count]), np.stack(true.meshes[:count])
    values = _agreement(mouth_shape(pair[0]), mouth_shape(pair[1]))
    boxes: NDArray[np.float64] = np.array(
        [math.sqrt(crop.width * crop.height) for crop in true.places[:count]]
    )
    for unit, size in (("inter_ocular", inter_ocular(pair[1])), ("box", boxes)):
        values[f"lmd_{unit}"] = math.nan if still else lmd(*pair, size)
        values[f"f_lmd_{unit}"] = math.nan if still else f_lmd(*pair, size)
    return values
