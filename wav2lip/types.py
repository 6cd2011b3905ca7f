"""Shape glossary and the batch, the one format between `data` and `tasks`.

B batch (clips), W windows of one clip, T consecutive frames of a window (5), S image side in pixels (96).
Pictures are BGR everywhere; uint8 0-255 in storage and batches, float 0-1 inside a network.
A mel window is (80, 16): 80 Slaney bands, 16 columns of 1/80 s = 200 ms = 5 frames at 25 fps.

    mel    (B, 1, 80, 16)      the sound of a whole 5-frame window, what the expert hears
    mels   (B, T, 1, 80, 16)   one mel window a frame, what the generator hears
    faces  (B, 6, T, S, S)     masked target (3) over reference (3), what the generator sees
    lips   (B, 3*T, S//2, S)   five lower halves, frame-major, what the expert sees
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

if TYPE_CHECKING:
    from torch import Tensor

SILENCE = -4.0  # in a mel, whose range is -4 to 4: digital silence


class SyncBatch(TypedDict):
    """Windows of B clips for the sync expert; window w of a clip is in sync with sound w alone."""

    lips: Tensor  # (B, W, 3*T, S//2, S) uint8, BGR
    mel: Tensor  # (B, W, 1, 80, 16) float32
    start: Tensor  # (B, W) int64, first frame of each window
    clip: list[str]  # B clip names


class LipBatch(TypedDict):
    """Windows for the generator: what it should show, a look elsewhere in the clip, and the sound."""

    target: Tensor  # (B, 3, T, S, S) uint8, BGR
    reference: Tensor  # (B, 3, T, S, S) uint8, BGR
    mels: Tensor  # (B, T, 1, 80, 16) float32
    mel: Tensor  # (B, 1, 80, 16) float32
    negatives: (
        Tensor  # (B, K, 1, 80, 16) float32, sounds of the same clip that belong to other moments
    )
    start: Tensor  # (B,) int64, first frame of the window
    clip: list[str]  # B clip names


class FrameSetBatch(TypedDict):
    """N frames of each of B clips at different moments, each with its sound, to learn mouths apart from people."""

    faces: Tensor  # (B, N, 3, S, S) uint8, BGR
    mels: Tensor  # (B, N, 1, 80, 16) float32
    start: Tensor  # (B, N) int64, the frames
    clip: list[str]  # B clip names
