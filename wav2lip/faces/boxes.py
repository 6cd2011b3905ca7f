"""Face boxes: one convention, and the arithmetic on boxes.

A box is x0, y0, x1, y1 in pixels of the frame, as the published S3FD places it: from mid-forehead to
chin. A fifth number is the detector's score. Boxes may extend beyond the frame.
"""

from typing import cast

import numpy as np
from numpy.typing import NDArray

from wav2lip.types import Box, Boxes

MAX_MOVE = 0.6  # of the face's size; a centre that moved further belongs to another face
MAX_GROWTH = 1.6  # factor on the size; a face that changed more is another one

# S3FD's box from dlib's refined HOG box, in widths of the latter: medians against SCRFD on 69 real
# clips.
HOG_WIDTH = 0.90
HOG_HEIGHT = 1.235
HOG_UP = 0.067

# Factors on a box's width and height, then shifts right and down in its width and height.
# S3FD, RetinaFace, SCRFD and YuNet were trained on the same annotations (WIDER FACE). On 75 real
# clips SCRFD's box against RetinaFace's: width 1.001, height 1.016, top 0.007 up, chin 0.010
# down (medians), so they are used as they are. BlazeFace's full-range square was measured against
# RetinaFace on 1303 faces of 321 clips.
TO_S3FD = {
    "sfd": (1.0, 1.0, 0.0, 0.0),
    "yunet": (1.0, 1.0, 0.0, 0.0),
    "retinaface": (1.0, 1.0, 0.0, 0.0),
    "scrfd": (1.0, 1.0, 0.0, 0.0),
    "blazeface": (0.841, 1.151, 0.0, -0.0545),
}
# The same for the bounds of the mean face, posed and sized as the head is; on the same faces. Half of
# RetinaFace's boxes are within 3 % of its width and 5 % of its height.
MEAN_FACE_TO_S3FD = (0.957, 1.116, 0.0, -0.044)


def hog_to_s3fd(raw: Boxes) -> Boxes:
    """Convert boxes of dlib's HOG detector to the convention.

    Args:
        raw: (N, 5).

    Returns:
        (N, 5), scores unchanged.
    """
    width = raw[:, 2] - raw[:, 0]
    x = (raw[:, 0] + raw[:, 2]) / 2
    y = (raw[:, 1] + raw[:, 3]) / 2 - HOG_UP * width
    half_w, half_h = HOG_WIDTH * width / 2, HOG_HEIGHT * width / 2
    return np.stack([x - half_w, y - half_h, x + half_w, y + half_h, raw[:, 4]], axis=1)


def s3fd_to_hog(boxes: Boxes) -> Boxes:
    """Invert `hog_to_s3fd`: (N, 5) -> (N, 5)."""
    width = (boxes[:, 2] - boxes[:, 0]) / HOG_WIDTH
    x = (boxes[:, 0] + boxes[:, 2]) / 2
    y = (boxes[:, 1] + boxes[:, 3]) / 2 + HOG_UP * width
    half = width / 2
    return np.stack([x - half, y - half, x + half, y + half, boxes[:, 4]], axis=1)


def _scaled(raw: Boxes, factors: tuple[float, float, float, float]) -> Boxes:
    """Scale and shift boxes (N, 4+) by factors as in `TO_S3FD`."""
    width, height, right, down = factors
    size = raw[:, 2:4] - raw[:, :2]
    centre = (raw[:, :2] + raw[:, 2:4]) / 2 + size * np.array([right, down], np.float32)
    half = size * np.array([width, height], np.float32) / 2
    return np.concatenate([centre - half, centre + half, raw[:, 4:]], 1).astype(np.float32)


def head_to_s3fd(outline: NDArray[np.float32]) -> Box:
    """Make a box of the convention from the mean face as it is posed in the frame.

    Args:
        outline: (N, 2+) its points in pixels.

    Returns:
        (4,).
    """
    flat = outline[:, :2]
    bounds = np.concatenate([flat.min(axis=0), flat.max(axis=0)])
    box: Box = _scaled(bounds[None], MEAN_FACE_TO_S3FD)[0]
    return box


def neural_to_s3fd(raw: Boxes, detector: str) -> Boxes:
    """Convert boxes of a neural detector to the convention.

    Args:
        raw: (N, 5).
        detector: a key of `TO_S3FD`.

    Returns:
        (N, 5), scores unchanged.
    """
    return _scaled(raw, TO_S3FD[detector])


def pad_box(box: Box, pads: tuple[float, float, float, float], size: tuple[int, int]) -> Box:
    """Widen a box by fixed amounts, as published, and clip it to the frame.

    Args:
        box: (4,).
        pads: top, bottom, left, right in pixels. The published default 0 10 0 0 includes the chin.
        size: the frame's height and width in pixels.

    Returns:
        (4,) within the frame.
    """
    top, bottom, left, right = pads
    h, w = size
    return np.array(
        [
            max(0.0, box[0] - left),
            max(0.0, box[1] - top),
            min(float(w), box[2] + right),
            min(float(h), box[3] + bottom),
        ],
        np.float32,
    )


def box_size(box: Box) -> float:
    """Return the size of a box (4+,): the square root of its area, in pixels."""
    return float(np.sqrt(np.prod(box[2:4] - box[:2])))


def iou(box: Box, others: Boxes) -> NDArray[np.float32]:
    """Compute the intersection over union of one box with others.

    Args:
        box: (4+,).
        others: (N, 4+).

    Returns:
        (N,) in [0, 1].
    """
    inter = np.clip(
        np.minimum(box[2:4], others[:, 2:4]) - np.maximum(box[:2], others[:, :2]), 0, None
    ).prod(axis=1)
    area = (box[2:4] - box[:2]).prod()
    areas = (others[:, 2:4] - others[:, :2]).prod(axis=1)
    return cast("NDArray[np.float32]", inter / np.maximum(area + areas - inter, 1e-6))


def drop_duplicates(boxes: Boxes, same: float) -> Boxes:
    """Drop boxes that overlap an earlier one.

    Args:
        boxes: (N, 4+), the best first.
        same: IoU above which two boxes are of one face.

    Returns:
        (M, 4+).
    """
    kept: list[int] = []
    for i, box in enumerate(boxes):
        if not kept or iou(box, boxes[kept]).max() <= same:
            kept.append(i)
    return boxes[kept]


def face_distances(boxes: Boxes, others: Boxes) -> NDArray[np.float32]:
    """Compute how far faces are from each other, in units of the smaller face's size.

    Args:
        boxes: (N, 4+).
        others: (M, 4+).

    Returns:
        (N, M) distances of the centres; inf for pairs that cannot be the same face.
    """
    a, b = boxes[:, None, :4], others[None, :, :4]
    size_a = np.sqrt(np.prod(a[..., 2:] - a[..., :2], axis=-1))
    size_b = np.sqrt(np.prod(b[..., 2:] - b[..., :2], axis=-1))
    moved = np.abs((a[..., :2] + a[..., 2:]) - (b[..., :2] + b[..., 2:])).max(axis=-1) / 2
    far = moved / np.maximum(np.minimum(size_a, size_b), 1.0)
    ratio = np.maximum(size_a, size_b) / np.maximum(np.minimum(size_a, size_b), 1.0)
    out = np.where((far > MAX_MOVE) | (ratio > MAX_GROWTH), np.inf, far)
    return out.astype(np.float32)


def match_faces(boxes: Boxes, others: Boxes) -> list[tuple[int, int]]:
    """Pair the boxes of the same faces, the closest pair first.

    Args:
        boxes: (N, 4+).
        others: (M, 4+).

    Returns:
        Index pairs (i, j); each index occurs at most once.
    """
    if not len(boxes) or not len(others):
        return []
    far = face_distances(boxes, others)
    pairs = []
    while np.isfinite(far).any():
        i, j = divmod(int(far.argmin()), far.shape[1])
        pairs.append((i, j))
        far[i, :] = np.inf
        far[:, j] = np.inf
    return pairs
