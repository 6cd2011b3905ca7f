"""Constants, array types and batches that every package shares. Each is defined here and nowhere else.

B batch (clips), W windows of one clip, T consecutive frames of a window (5), S image side in pixels (96).
Images are BGR everywhere: uint8 0-255 in storage and batches, float 0-1 inside a network.
A mel window is (80, 16): 80 Slaney bands, 16 columns of 1/80 s = 200 ms = 5 frames at 25 fps.

    mel    (B, 1, 80, 16)      audio of a whole 5-frame window: input of the sync expert
    mels   (B, T, 1, 80, 16)   one mel window per frame: input of the generator
    faces  (B, 6, T, S, S)     masked target (3) over reference (3): input of the generator
    lips   (B, 3*T, S//2, S)   five lower halves, frame-major: input of the sync expert
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Literal, TypeAlias, TypedDict, get_args

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from torch import Tensor

FPS = 25  # frames per second of clips, training and scores
SAMPLE_RATE = 16_000  # Hz, of all audio that is analysed
SAMPLES_PER_FRAME = SAMPLE_RATE // FPS  # 640
HOP = 200  # samples between two mel columns
MEL_RATE = SAMPLE_RATE // HOP  # 80 mel columns per second
# Weights of blue, green and red in luma: ITU-R BT.601.
LUMA_BGR = np.array([0.114, 0.587, 0.299], np.float32)
N_MELS = 80  # mel bands
SPEECH_CHANNELS = 288  # of the features of a pretrained speech recogniser, beside the mel
AUDIO_CHANNELS = (
    N_MELS,
    N_MELS + SPEECH_CHANNELS,
)  # what a network of lip motion may read, see `wav2lip.media.audio_features`
MEL_WINDOW = 16  # mel columns of one window, 200 ms
SILENCE = -4.0  # mel value of digital silence; a mel lies in [-4, 4]
WINDOW_FRAMES = 5  # frames of one window, 200 ms
LANDMARKS = 468  # points of a face mesh
LOWER_FACE = 205  # those that speech moves: below the nose, see `wav2lip.faces.neutral_shape`
AUDIO_PER_FRAME = 3  # samples of the sound that a sync expert of geometry reads per frame at 25 fps
MOTION_COLUMNS = 2  # mel columns of one step of the predicted motion: 40 steps a second
IMAGE_SIZE = 96  # pixels, side of a face as published
NIQE_PATCH = 96  # pixels, side of the patches that NIQE compares
MAX_SHIFT = 15  # frames searched to either side for the offset of a clip
SPLITS = ("train", "val", "test")  # of a manifest; a speaker belongs to one only

# Where faces are cut out: at the level box of the published S3FD, or aligned with the head.
CropKind: TypeAlias = Literal["s3fd", "aligned"]
CROP_KINDS: tuple[CropKind, ...] = get_args(CropKind)

PathLike: TypeAlias = str | os.PathLike[str]
Image: TypeAlias = NDArray[np.uint8]  # (H, W, 3) BGR, or (T, H, W, 3)
Box: TypeAlias = NDArray[np.float32]  # (4,) x0, y0, x1, y1 in pixels
Boxes: TypeAlias = NDArray[np.float32]  # (N, 4) boxes, or (N, 5) with a score
Wav: TypeAlias = NDArray[np.float32]  # (N,) mono in [-1, 1]
Pcm: TypeAlias = NDArray[np.int16]  # (N,) mono at SAMPLE_RATE
Mel: TypeAlias = NDArray[np.float32]  # (80, M), or (..., 80, 16) windows


def mel_window(frames: int) -> int:
    """Return the mel columns in a window of `frames` frames.

    Examples:
        >>> mel_window(5), mel_window(16)
        (16, 51)
    """
    return frames * MEL_RATE // FPS


class SyncBatch(TypedDict):
    """Windows of B clips for the sync expert. Window w of a clip is in sync with audio w alone."""

    lips: Tensor  # (B, W, 3*T, S//2, S) uint8, BGR
    mel: Tensor  # (B, W, 1, 80, 16) float32; with T frames a window, `mel_window(T)` columns
    start: Tensor  # (B, W) int64, first frame of each window
    clip: list[str]  # B clip names


class LipBatch(TypedDict):
    """Windows for the generator: the target, a reference from elsewhere in the clip, and the audio."""

    target: Tensor  # (B, 3, T, S, S) uint8, BGR
    reference: Tensor  # (B, 3, T, S, S) uint8, BGR
    mels: Tensor  # (B, T, 1, 80, 16) float32
    mel: Tensor  # (B, 1, 80, 16) float32
    negatives: Tensor  # (B, K, 1, 80, 16) float32, audio of other moments of the same clip
    start: Tensor  # (B,) int64, first frame of the window
    clip: list[str]  # B clip names


class MotionBatch(TypedDict):
    """Sound of B clips with the motion of their lower faces in T frames each, of which some may not count."""

    audio: Tensor  # (B, C, M) float32, see `wav2lip.media.audio_features`
    steps: Tensor  # (B, T) float32, times of the frames in steps of the predicted motion, from the first column
    motion: Tensor  # (B, T, K) float32, coefficients of the motion basis
    weight: Tensor  # (B, T) float32, 1 for a frame with landmarks, else 0
    neutral: Tensor  # (B, K) float32, the most closed lips from the mean face
    scale: Tensor  # (B,) float32, of the person's motion
    columns: Tensor  # (B, 3*T) float32, where a sync expert of geometry reads the sound, in columns of `audio`
    clip: list[str]  # B clip names


class MeshSyncBatch(TypedDict):
    """Stretches of T frames of B clips for the sync expert of geometry, of which some frames may not count."""

    audio: Tensor  # (B, C, 3*T) float32, see `wav2lip.faces.mesh_series`
    motion: Tensor  # (B, T, K) float32, coefficients of the motion basis, from the mean face
    seen: Tensor  # (B, T) bool, whether a frame has landmarks
    clip: list[str]  # B clip names


class MouthBatch(TypedDict):
    """B moved mouths with their true pictures; see `wav2lip.faces.mouth_layers.MouthLayers`."""

    candidates: Tensor  # (B, 7, 3, 72, 96) uint8, BGR
    inside: Tensor  # (B, 6, 72, 96) float32
    shape: Tensor  # (B, 2, 72, 96) float32
    target: Tensor  # (B, 3, 72, 96) uint8, BGR
    clip: list[str]  # B clip names
