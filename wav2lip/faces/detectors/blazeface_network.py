"""The two networks of BlazeFace: anchors, decoding and suppression.

Source: Bazarevsky et al. 2019, *BlazeFace: Sub-millisecond Neural Face Detection on Mobile GPUs*,
and the model cards of MediaPipe's short-range and full-range face detection.
"""

from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from wav2lip.faces.boxes import iou
from wav2lip.faces.onnx_network import OnnxNetwork, sigmoid
from wav2lip.types import Image

SAME_FACE = 0.3  # IoU above which two detections are of one face
COLUMNS = 17  # box, score, and x, y of six points: eyes, nose, mouth, ears

Faces = NDArray[np.float32]  # (N, 17)


@dataclass(frozen=True)
class Range:
    """One of the two networks.

    Attributes:
        file: its file in `wav2lip/assets`, without suffix.
        side: of its input, in pixels.
        grids: cells per side and anchors per cell of each layer of anchors.
        min_score: detections below it are dropped.
    """

    file: str
    side: int
    grids: tuple[tuple[int, int], ...]
    min_score: float


SHORT = Range("blazeface_short", 128, ((16, 2), (8, 6)), 0.5)
FULL = Range("blazeface_full", 192, ((48, 1),), 0.6)


def anchor_centres(grids: tuple[tuple[int, int], ...]) -> NDArray[np.float32]:
    """Return the centres of the anchors (N, 2), x and y in [0, 1], row by row.

    Examples:
        >>> anchor_centres(((2, 1),)).tolist()
        [[0.25, 0.25], [0.75, 0.25], [0.25, 0.75], [0.75, 0.75]]
    """
    parts = []
    for cells, each in grids:
        middle = (np.arange(cells) + 0.5) / cells
        y, x = np.meshgrid(middle, middle, indexing="ij")
        parts.append(np.repeat(np.stack([x.ravel(), y.ravel()], axis=1), each, axis=0))
    return np.concatenate(parts).astype(np.float32)


def weighted_suppression(faces: Faces, same: float = SAME_FACE) -> Faces:
    """Merge detections of one face into their mean, weighted by score.

    Args:
        faces: (N, 17).
        same: IoU above which two detections are of one face.

    Returns:
        (M, 17), the best first. A face keeps the score of its best detection.
    """
    left = faces[np.argsort(-faces[:, 4], kind="stable")]
    merged = []
    while len(left):
        one = iou(left[0], left) > same
        one[0] = True
        face = np.average(left[one], axis=0, weights=left[one, 4])
        face[4] = left[0, 4]
        merged.append(face)
        left = left[~one]
    return np.array(merged, np.float32).reshape(-1, COLUMNS)


class BlazeFaceNetwork:
    """One of BlazeFace's networks on a letterboxed image."""

    def __init__(self, kind: Range) -> None:
        self._kind = kind
        self._network = OnnxNetwork(kind.file)
        self._centres = anchor_centres(kind.grids)

    def __call__(self, image: Image, min_score: float | None = None) -> Faces:
        """Find faces.

        Args:
            image: BGR (H, W, 3).
            min_score: in place of the network's own.

        Returns:
            (N, 17) in pixels of the image, the best first: x0, y0, x1, y1, score, and x, y of the
            right and left eye of the person, nose tip, mouth, right and left ear.
        """
        h, w = image.shape[:2]
        side = self._kind.side
        scale = side / max(h, w)
        size = (max(1, round(w * scale)), max(1, round(h * scale)))
        method = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
        small = cast(Image, cv2.resize(image, size, interpolation=method))
        left, top = (side - size[0]) // 2, (side - size[1]) // 2
        batch = np.full((1, side, side, 3), -1.0, np.float32)  # black around the image
        batch[0, top : top + size[1], left : left + size[0]] = small[..., ::-1] / 127.5 - 1
        faces = self._decode(*self._network.run(batch), min_score or self._kind.min_score)
        faces[:, :4] -= np.array([left, top] * 2, np.float32)
        faces[:, 5:] -= np.array([left, top] * 6, np.float32)
        stretch = np.array([w / size[0], h / size[1]], np.float32)
        faces[:, :4] *= np.tile(stretch, 2)
        faces[:, 5:] *= np.tile(stretch, 6)
        return faces

    def _decode(
        self, raw: NDArray[np.float32], logits: NDArray[np.float32], min_score: float
    ) -> Faces:
        """Decode the network's outputs to faces in pixels of its input."""
        scores = sigmoid(logits[0, :, 0])
        kept = scores >= min_score
        values = raw[0, kept]
        anchors = self._centres[kept] * self._kind.side
        centre, half = anchors + values[:, :2], values[:, 2:4] / 2
        points = values[:, 4:] + np.tile(anchors, 6)
        faces = np.concatenate(
            [centre - half, centre + half, scores[kept, None], points], axis=1
        ).astype(np.float32)
        sane = np.isfinite(faces).all(axis=1) & (half > 0).all(axis=1)
        return weighted_suppression(faces[sane])
