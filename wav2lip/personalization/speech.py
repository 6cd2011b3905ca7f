"""What is tuned and judged on: what the network of motion hears in each frame, and how the lower face moves there."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from wav2lip.clips import ClipFile, clip_audio
from wav2lip.data.clip_dataset import Clip
from wav2lip.data.motion import read_motion
from wav2lip.media.alignment import frame_count, frame_times, sample_motion
from wav2lip.models import LipMotion
from wav2lip.types import MEL_RATE, MOTION_COLUMNS, SILENCE, Mel

Floats = NDArray[np.float64]

DELAY = 0.01  # seconds by which motion is late, as in `experiment=bundled/lip_motion`, for clips that the judge aligned


@dataclass(frozen=True)
class Speech:
    """Frames of one person, one after the other.

    Attributes:
        features: (F, width) what the last layer of the network of motion gets.
        motion: (F, K) true coefficients of the motion basis, from the person's most closed lips.
    """

    features: Floats
    motion: Floats

    def __len__(self) -> int:
        return len(self.motion)

    def part(self, frames: slice | NDArray[np.bool_]) -> "Speech":
        """Return some of the frames."""
        return Speech(self.features[frames], self.motion[frames])


@torch.inference_mode()
def motion_features(network: LipMotion, audio: Mel, times: Floats) -> Floats:
    """Return the input of the last layer of a network of motion.

    The layer is linear, so that it may be applied after the steps are read at the times of frames.

    Args:
        network: in eval mode.
        audio: (C, M).
        times: (T,) seconds.

    Returns:
        (T, width).
    """
    kept: list[torch.Tensor] = []
    hook = network.coefficients.register_forward_pre_hook(lambda _, given: kept.append(given[0]))
    try:
        network(torch.from_numpy(np.ascontiguousarray(audio))[None])
    finally:
        hook.remove()
    return sample_motion(kept[0][0].numpy(), times).astype(np.float64)


def silence_features(network: LipMotion) -> Floats:
    """Return the input (width,) of the last layer in the middle of a long silence."""
    steps = network.behind + network.ahead + 1
    audio = np.full((network.channels, steps * MOTION_COLUMNS), SILENCE, np.float32)
    middle = np.array([network.behind * MOTION_COLUMNS / MEL_RATE])
    return np.asarray(motion_features(network, audio, middle)[0], np.float64)


def read_speech(clips: Sequence[Clip], network: LipMotion) -> Speech:
    """Read the frames of clips, within their spans, that have landmarks.

    Args:
        clips: of one person.
        network: in eval mode.

    Raises:
        InputError: a clip file cannot be read or has no landmarks.
    """
    parts = []
    components = len(network.basis)
    for clip in clips:
        file, motion = ClipFile(clip.path), read_motion(clip.path)
        count = min(file.frames, frame_count(file.mel_columns, file.fps))
        first, last = clip.span or (0, count)
        within = slice(first, min(last, count))
        times = frame_times(count, file.fps) + DELAY
        features = motion_features(network, clip_audio(file, network.channels), times)
        true = motion.coefficients[:, :components].astype(np.float64) * motion.scale
        parts.append(Speech(features[within], true[within]).part(motion.seen[within]))
    return Speech(
        np.concatenate([part.features for part in parts]),
        np.concatenate([part.motion for part in parts]),
    )
