"""Offset of a clip by geometry: where the motion that its sound predicts fits that of its mesh."""

import numpy as np
import torch
from numpy.typing import NDArray

from wav2lip.clips import ClipFile, clip_audio
from wav2lip.faces.front_shapes import front_shapes, mouth_measures
from wav2lip.faces.head_pose import mean_face
from wav2lip.media.alignment import frame_count, frame_times, sample_motion
from wav2lip.metrics.offset import ClipOffset, clip_offset, offset_scores
from wav2lip.models import LipMotion

STILL = 1e-6  # standard deviation of a measure that does not move, distances between the eyes


def _standardised(measures: NDArray[np.float32], seen: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Divide measures (F, 3) by their standard deviation over the seen frames; 0 in the others."""
    centred = measures - measures[seen].mean(axis=0)
    deviation = np.maximum(centred[seen].std(axis=0), STILL)
    return np.where(seen[:, None], centred / deviation, 0).astype(np.float32)


def measure_motion(file: ClipFile, network: LipMotion) -> ClipOffset | None:
    """Measure the offset of a clip by correlating opening, width and jaw with those that its sound predicts.

    Args:
        file: the clip.
        network: in eval mode.

    Returns:
        The offset; None if the clip is too short or has too few landmarks.

    Raises:
        InputError: the clip file has no landmarks.
    """
    vertices = network.vertices.cpu().numpy()
    count = min(file.frames, frame_count(file.mel_columns, file.fps))
    shapes = front_shapes(file)[:count, vertices]
    seen = np.asarray(np.isfinite(shapes).all(axis=(1, 2)))
    if 2 * seen.sum() < count or not seen.any():
        return None
    audio = torch.from_numpy(np.ascontiguousarray(clip_audio(file, network.channels)))[None]
    with torch.inference_mode():
        motion = network(audio.to(network.basis.device))[0].cpu()
        times = frame_times(count, file.fps)
        coefficients = torch.from_numpy(sample_motion(motion.numpy(), times))
        deviations = network.deviations(coefficients.to(network.basis.device)).cpu().numpy()
    predicted = mouth_measures(mean_face().vertices[vertices] + deviations, vertices)
    shown = _standardised(mouth_measures(shapes, vertices), seen)
    heard = _standardised(predicted, np.ones(count, np.bool_))
    return clip_offset(offset_scores(shown, heard))
