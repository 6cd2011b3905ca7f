"""Metrics that need no judge: image quality against the source, jitter, motion in pauses."""

import math

import numpy as np

from wav2lip.evaluation.face_crops import FaceRun
from wav2lip.metrics import jitter_ratio, ms_ssim, pause_motion_ratio, psnr, sharpness_ratio, ssim
from wav2lip.metrics.jitter import MIN_FRAMES
from wav2lip.metrics.niqe import niqe, niqe_features
from wav2lip.types import SAMPLES_PER_FRAME, Pcm

MAX_LENGTH_DIFFERENCE = (
    8000  # samples at 16 kHz; sounds that differ more in length are different sounds
)
MIN_CORRELATION = 0.9  # of two codings of one sound


def is_same_audio(one: Pcm, other: Pcm) -> bool:
    """Whether two sounds (N,), (M,) are the same at the same time, possibly coded differently."""
    if abs(len(one) - len(other)) > MAX_LENGTH_DIFFERENCE:
        return False
    count = min(len(one), len(other))
    a, b = one[:count].astype(np.float64), other[:count].astype(np.float64)
    norm = math.sqrt(float(a @ a) * float(b @ b))
    return norm > 0 and float(a @ b) / norm > MIN_CORRELATION


def video_metrics(run: FaceRun, pcm: Pcm) -> dict[str, float]:
    """Metrics that need no source, by name.

    Args:
        run: face crops.
        pcm: (N,) at 16 kHz, the sound of the whole video.

    Returns:
        Empty for fewer than three frames.
    """
    if len(run.crops) < MIN_FRAMES:
        return {}
    start, stop = run.first, run.first + len(run.crops)
    sound = pcm[start * SAMPLES_PER_FRAME : stop * SAMPLES_PER_FRAME]
    mouths = [niqe_features(sample.mouth) for sample in run.samples.values()]
    return {
        "pause_motion_ratio": pause_motion_ratio(run.faces, sound),
        "niqe": niqe(np.concatenate(mouths)) if mouths else math.nan,
    }


def generated_metrics(
    generated: FaceRun, source: FaceRun, pcm: Pcm, same_audio: bool
) -> dict[str, float]:
    """Metrics of a generated video against its source, by name.

    Args:
        generated: face crops at the source's boxes.
        source: face crops of the same frames.
        pcm: (N,) at 16 kHz, the sound of the whole generated video.
        same_audio: whether the source has the same sound. If not, its pictures are no target, and PSNR, SSIM and
            MS-SSIM are NaN.

    Returns:
        Empty for fewer than three frames that both videos have.
    """
    count = min(len(generated.crops), len(source.crops))
    if count < MIN_FRAMES:
        return {}
    generated, source = generated.shortened(count), source.shortened(count)
    pair = (generated.faces, source.faces)
    return {
        "psnr": psnr(*pair) if same_audio else math.nan,
        "ssim": ssim(*pair) if same_audio else math.nan,
        "ms_ssim": ms_ssim(*pair) if same_audio else math.nan,
        "sharpness_ratio": sharpness_ratio(*pair),
        "jitter_ratio": jitter_ratio(*pair),
        **video_metrics(generated, pcm),
    }
