"""What a sync expert of geometry reads of a clip: sound and lip motion at 25 frames a second.

The sound is read three times a frame, in the middle of each third.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wav2lip.clips import ClipFile
from wav2lip.faces.front_shapes import front_shapes
from wav2lip.faces.head_pose import mean_face
from wav2lip.faces.neutral_shape import Shapes
from wav2lip.types import AUDIO_PER_FRAME, FPS, MEL_RATE, Mel


@dataclass(frozen=True)
class MotionSeries:
    """Lip motion of T frames at 25 fps.

    Attributes:
        motion: (T, K) coefficients of the basis, from the mean face; interpolated where no face is seen.
        seen: (T,) whether the frames around a time have landmarks.
    """

    motion: NDArray[np.float32]
    seen: NDArray[np.bool_]


def motion_series(
    shapes: Shapes, fps: float, vertices: NDArray[np.integer], basis: NDArray[np.floating]
) -> MotionSeries:
    """Turn meshes into lip motion at 25 fps.

    Args:
        shapes: (F, 468, 3) seen from the front; NaN for a frame without landmarks.
        fps: of the shapes.
        vertices: (P,) numbers of the points that move.
        basis: (K, P, 3) orthogonal components.
    """
    shapes = shapes[:, vertices]
    known = np.flatnonzero(np.isfinite(shapes).all(axis=(1, 2)))
    times = np.arange(int((len(shapes) - 1) * FPS / fps) + 1) / FPS
    if not len(known):
        return MotionSeries(
            np.zeros((len(times), len(basis)), np.float32), np.zeros(len(times), np.bool_)
        )
    flat = basis.reshape(len(basis), -1)
    deviations = (shapes[known] - mean_face().vertices[vertices]).reshape(len(known), -1)
    coefficients = deviations @ flat.T / np.square(flat).sum(axis=1)
    motion = np.stack([np.interp(times, known / fps, c) for c in coefficients.T], axis=1)
    steps = times * fps
    mask = np.zeros(len(shapes), np.bool_)
    mask[known] = True
    seen = mask[np.floor(steps).astype(int)] & mask[np.ceil(steps - 1e-6).astype(int)]
    return MotionSeries(motion.astype(np.float32), seen)


def read_motion_series(
    file: ClipFile, vertices: NDArray[np.integer], basis: NDArray[np.floating]
) -> MotionSeries:
    """Read the lip motion of a clip; see `motion_series`.

    Raises:
        InputError: the clip file has no landmarks.
    """
    return motion_series(front_shapes(file), file.fps, vertices, basis)


def sound_columns(frames: ArrayLike, fps: float = FPS) -> NDArray[np.float64]:
    """Return where the sound of frames (T,) is read: (3 T,) fractional mel columns.

    Column m stands for second (m + 0.5) / 80.
    """
    parts = (np.arange(AUDIO_PER_FRAME) + 0.5) / AUDIO_PER_FRAME
    times = (np.asarray(frames, np.float64)[:, None] + parts) / fps
    columns: NDArray[np.float64] = (MEL_RATE * times - 0.5).ravel()
    return columns


def read_columns(audio: Mel, columns: NDArray[np.float64]) -> Mel:
    """Read a sound (C, M) at fractional columns (N,), linear between them: (C, N)."""
    columns = columns.clip(0, audio.shape[1] - 1)
    before = np.floor(columns).astype(np.int64)
    after = np.minimum(before + 1, audio.shape[1] - 1)
    share = (columns - before).astype(np.float32)
    return np.asarray(audio[:, before] * (1 - share) + audio[:, after] * share, np.float32)
