"""Sound and the motion of the lower face that goes with it, for training `wav2lip.models.LipMotion`."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset

from wav2lip.clips import ClipFile, clip_window
from wav2lip.data.audio_augment import AudioAugment
from wav2lip.data.augment import NO_AUGMENT, AugmentSettings
from wav2lip.data.clip_dataset import Clip, ClipDataset, with_landmarks
from wav2lip.data.motion_basis import motion_basis
from wav2lip.errors import InputError
from wav2lip.faces.front_shapes import front_shapes
from wav2lip.faces.head_pose import mean_face
from wav2lip.faces.mesh_series import sound_columns
from wav2lip.faces.neutral_shape import most_closed
from wav2lip.media.alignment import column_count, mel_start
from wav2lip.types import AUDIO_CHANNELS, MEL_RATE, MOTION_COLUMNS, N_MELS, SILENCE, Mel

OPEN_CLIPS = 8192  # clips whose motion one worker keeps; a minute at 25 fps takes 80 kB
CONTEXT = 28  # mel columns on either side of a window, 0.35 s
SCALE_RANGE = (
    0.3,
    3.0,
)  # a person's motion against that of all; beyond it is noise or a failed fit
PAUSE = (0.6, 1.6)  # seconds, duration of a pause that is put into a sound
FADE = 4  # steps, 0.1 s: how long a mouth takes to close


@dataclass(frozen=True)
class Motion:
    """The motion of the lower face in a clip of F frames.

    Attributes:
        coefficients: (F, K) of the motion basis, from the person's most closed lips, over the person's scale.
        scale: standard deviation of the clip's coefficients; that of all clips is 1.
        neutral: (K,) coefficients of the most closed lips, from the mean face.
        seen: (F,) whether the frame has landmarks. The coefficients of others are 0.
    """

    coefficients: NDArray[np.float32]
    scale: float
    neutral: NDArray[np.float32]
    seen: NDArray[np.bool_]


@lru_cache(OPEN_CLIPS)
def read_motion(path: Path) -> Motion:
    """Read the motion of a clip file.

    Raises:
        InputError: the file cannot be read or has no landmarks.
    """
    basis = motion_basis()
    shapes = front_shapes(ClipFile(path))[:, basis.vertices]
    seen = np.asarray(np.isfinite(shapes).all(axis=(1, 2)))
    coefficients = np.zeros((len(shapes), len(basis.components)), np.float32)
    if not seen.any():
        return Motion(coefficients, 1.0, np.zeros(coefficients.shape[1], np.float32), seen)
    # Where speech closes the lips most counts as closed, also where the mesh shows a gap: on closed lips it is off by
    # up to 0.03, and a smile hides closures.
    closed = most_closed(shapes[seen], basis.vertices)
    coefficients[seen] = basis.project(shapes[seen] - closed)
    scale = float(np.clip(coefficients[seen].std(axis=0).mean(), *SCALE_RANGE))
    coefficients[seen] /= scale
    neutral = basis.project((closed - mean_face().vertices[basis.vertices])[None])[0]
    return Motion(coefficients, scale, neutral, seen)


class MotionDataset(ClipDataset, Dataset[dict[str, Tensor | str]]):
    """Windows of sound with the motion of the mouth: `wav2lip.types.MotionBatch` without the batch dimension.

    Args:
        clips: clips to draw from.
        samples: samples per epoch; None: every whole clip, for validation one by one.
        frames: T, frames per sample; a shorter clip is padded with frames of weight 0.
        pauses: share of the samples that get a pause: digital silence, in which the mouth closes. In real pauses
            people smile, breathe and get ready to speak.
        min_range: clips whose mouth aspect ratio varies by less (95th minus 5th percentile, from the manifest) are
            left out: nobody speaks in them.
        delay: seconds by which the motion is taught late, to correct clips whose sound is systematically late.
            Validation samples have it too.
        speech: features of speech beneath the mel, for a network that reads them.
        augment: augmentation of the mel in training.
        seed: seed of the samples.

    Raises:
        InputError: no clip is left, or they differ in their rate.
    """

    def __init__(
        self,
        clips: Sequence[Clip],
        samples: int | None = None,
        frames: int = 64,
        pauses: float = 0.0,
        min_range: float = 0.03,
        delay: float = 0.0,
        speech: bool = False,
        augment: AugmentSettings = NO_AUGMENT,
        seed: int = 0,
    ) -> None:
        speaking = [clip for clip in with_landmarks(clips) if _mar_range(clip) >= min_range]
        super().__init__(speaking, samples, 0, augment, seed, 0)
        other = next((c for c in speaking if c.row.fps != speaking[0].row.fps), None)
        if other is not None:
            raise InputError(
                f"{other.path}: has {other.row.fps:g} frames per second, {speaking[0].path} {speaking[0].row.fps:g}; "
                "preprocess all clips with one clip.fps"
            )
        self.fps = speaking[0].row.fps
        self.frames = frames
        self.pauses = pauses if samples is not None else 0.0
        self.delay = delay
        self.channels = AUDIO_CHANNELS[speech]

    def __getitem__(self, index: int) -> dict[str, Tensor | str]:
        clip, file, rng = self._draw(index)
        motion = read_motion(clip.path)
        count = len(motion.seen) if self.samples is None else self.frames
        start = int(rng.integers(0, max(1, len(motion.seen) - count + 1)))
        column = mel_start(start / file.fps) - CONTEXT
        columns = column_count(count / file.fps) + 2 * CONTEXT
        audio = clip_window(file, column, columns, self.channels)
        times = (start + np.arange(count)) / file.fps + self.delay
        columns_heard = sound_columns(start + np.arange(count), file.fps) - column
        steps = (MEL_RATE * times - column - (MOTION_COLUMNS - 1) / 2) / MOTION_COLUMNS
        coefficients = _padded(motion.coefficients[start : start + count], count)
        weight = _padded(motion.seen[start : start + count].astype(np.float32), count)
        if rng.random() < self.pauses:
            audio, spoken = put_pause(audio, steps, rng)
            coefficients = coefficients * spoken[:, None].astype(np.float32)
        audio[:N_MELS] = AudioAugment(self.augment, rng)(audio[:N_MELS])
        return {
            "audio": torch.from_numpy(audio),
            "steps": torch.from_numpy(steps.astype(np.float32)),
            "motion": torch.from_numpy(coefficients),
            "weight": torch.from_numpy(weight),
            "neutral": torch.from_numpy(motion.neutral),
            "scale": torch.tensor(motion.scale, dtype=torch.float32),
            "columns": torch.from_numpy(columns_heard.astype(np.float32)),
            "clip": clip.row.clip,
        }


def _mar_range(clip: Clip) -> float:
    low, high = clip.row.mar_low, clip.row.mar_high
    return float("inf") if low is None or high is None else high - low


def _padded(rows: NDArray[np.float32], count: int) -> NDArray[np.float32]:
    """Pad with zeros to `count` rows."""
    return np.concatenate([rows, np.zeros((count - len(rows), *rows.shape[1:]), np.float32)])


def put_pause(
    audio: Mel, steps: NDArray[np.float64], rng: np.random.Generator
) -> tuple[Mel, NDArray[np.float64]]:
    """Silence a stretch of a sound.

    Args:
        audio: (C, M).
        steps: (T,) times of frames in steps of the motion.
        rng: source of the random values.

    Returns:
        The sound, and by how much the motion of each frame is multiplied, (T,): 0 inside the pause, 1 outside, a ramp
        of `FADE` steps at either end.
    """
    columns = audio.shape[1]
    length = column_count(rng.uniform(*PAUSE))
    first = int(rng.integers(-length // 2, columns - length // 2))
    stop = min(first + length, columns)
    silenced = audio.copy()
    silenced[:, max(first, 0) : stop] = SILENCE
    inside = np.minimum(steps - first / MOTION_COLUMNS, (first + length) / MOTION_COLUMNS - steps)
    return silenced, 1 - np.clip(inside / FADE, 0, 1)
