"""dlib's HOG face detector: built in, no weights to download."""

import math
from typing import cast

import cv2
import dlib
import numpy as np
from numpy.typing import NDArray

SEARCH_WIDTH = 480  # px; the first look; wider frames are shrunk to it
CLOSE_WIDTH = 960  # px; the last look, for faces under 80 px (the HOG window) in the first one
REFINE_FACE = 84.0  # px; a found face is scaled to about this width and looked at again
REFINE_MARGIN = 0.2  # of the face, kept around it in the second look at least
PYRAMID = 1.2  # dlib's step from one size to the next
STEPS = 5  # looks at sizes that divide one such step
DOUBT = (
    0.2  # score below dlib's threshold from which a look begins to count, and the more the better
)
GRID = 48  # px; whole cells of HOG (8 px) here and one pyramid step down (9.6 px)
SAME = 0.3  # overlap from which a face in the second look is the one of the first

# S3FD's box from dlib's (refined), in widths of the latter; medians against SCRFD, 69 real clips.
WIDTH = 0.90
HEIGHT = 1.235
UP = 0.067

Image = NDArray[np.uint8]
Boxes = NDArray[np.float32]


def to_convention(raw: Boxes) -> Boxes:
    """HOG boxes (N, 5) as S3FD would have drawn them: mid-forehead to chin."""
    width = raw[:, 2] - raw[:, 0]
    x = (raw[:, 0] + raw[:, 2]) / 2
    y = (raw[:, 1] + raw[:, 3]) / 2 - UP * width
    half_w, half_h = WIDTH * width / 2, HEIGHT * width / 2
    return np.stack([x - half_w, y - half_h, x + half_w, y + half_h, raw[:, 4]], axis=1)


def from_convention(boxes: Boxes) -> Boxes:
    """The inverse of `to_convention`."""
    width = (boxes[:, 2] - boxes[:, 0]) / WIDTH
    x = (boxes[:, 0] + boxes[:, 2]) / 2
    y = (boxes[:, 1] + boxes[:, 3]) / 2 + UP * width
    half = width / 2
    return np.stack([x - half, y - half, x + half, y + half, boxes[:, 4]], axis=1)


def iou(box: Boxes, others: Boxes) -> NDArray[np.float32]:
    """Intersection over union of one box (4+,) with others (N, 4+) -> (N,)."""
    inter = np.clip(
        np.minimum(box[2:4], others[:, 2:4]) - np.maximum(box[:2], others[:, :2]), 0, None
    ).prod(axis=1)
    area = (box[2:4] - box[:2]).prod()
    areas = (others[:, 2:4] - others[:, :2]).prod(axis=1)
    return cast(NDArray[np.float32], inter / np.maximum(area + areas - inter, 1e-6))


def _grey(image: Image) -> Image:
    return image if image.ndim == 2 else cast(Image, cv2.cvtColor(image, cv2.COLOR_BGR2GRAY))


def _cut(gray: Image, left: int, top: int, right: int, bottom: int) -> Image:
    """That part of the frame, its border repeated where the part goes beyond."""
    h, w = gray.shape
    cut = gray[max(top, 0) : max(bottom, 1), max(left, 0) : max(right, 1)]
    beyond = (max(-top, 0), max(bottom - h, 0), max(-left, 0), max(right - w, 0))
    if any(beyond) and cut.size:
        cut = cast(Image, cv2.copyMakeBorder(cut, *beyond, cv2.BORDER_REPLICATE))
    return cut


class HogDetector:
    """dlib's frontal HOG detector on a shrunken frame, then refined face by face."""

    name = "hog"
    takes_luma = True

    def __init__(self) -> None:
        self._dlib = dlib.get_frontal_face_detector()

    def settings(self) -> dict[str, str]:
        """What decides the boxes, for a cache key."""
        return {"detector": self.name, "version": "4"}

    def detect(self, image: Image) -> Boxes:
        """Faces in a frame, BGR (H, W, 3) or luma (H, W) -> (N, 5) x0, y0, x1, y1, score in px,
        best first.
        """
        gray = _grey(image)
        width = gray.shape[1]
        raw = self._run(gray, min(1.0, SEARCH_WIDTH / width))
        if not len(raw):
            raw = self._run_padded(gray)
        if not len(raw):
            raw = self._run(gray, min(2.0, CLOSE_WIDTH / width))
        looks = [self._refine(gray, box) for box in raw]
        raw = np.array(
            [box if look is None else look for box, look in zip(raw, looks, strict=True)],
            np.float32,
        ).reshape(-1, 5)
        return to_convention(raw[np.argsort(-raw[:, 4], kind="stable")])

    def redetect(self, image: Image, known: Boxes) -> Boxes:
        """A third of `detect`'s work: only around the faces known a moment ago, or, where there
        were none, only for large ones. Faces not found again are left out.
        """
        gray = _grey(image)
        if not len(known):
            found = self._run(gray, min(1.0, SEARCH_WIDTH / gray.shape[1]))
            return self.detect(image) if len(found) else found
        looks = [self._refine(gray, box) for box in from_convention(known)]
        raw = np.array([look for look in looks if look is not None], np.float32).reshape(-1, 5)
        return to_convention(raw)

    def _run(self, gray: Image, scale: float, threshold: float = 0.0) -> Boxes:
        """Raw boxes (N, 5) in the px of `gray`, best first, with dlib's scores."""
        if scale != 1.0:
            how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
            gray = cast(Image, cv2.resize(gray, None, fx=scale, fy=scale, interpolation=how))
        found, scores, _ = self._dlib.run(np.ascontiguousarray(gray), 0, threshold)
        rows = [
            # dlib's right and bottom are the last pixel inside.
            (
                r.left() / scale,
                r.top() / scale,
                (r.right() + 1) / scale,
                (r.bottom() + 1) / scale,
                s,
            )
            for r, s in zip(found, scores, strict=True)
        ]
        return np.array(rows, np.float32).reshape(-1, 5)

    def _run_padded(self, gray: Image) -> Boxes:
        """A face that fills the frame has no room for HOG's window: give it some."""
        h, w = gray.shape
        wide = cv2.copyMakeBorder(gray, h // 2, h // 2, w // 2, w // 2, cv2.BORDER_REPLICATE)
        raw = self._run(cast(Image, wide), min(1.0, SEARCH_WIDTH / wide.shape[1]))
        return raw - np.array([w // 2, h // 2, w // 2, h // 2, 0], np.float32)

    def _refine(self, gray: Image, box: Boxes) -> Boxes | None:
        """Mean box over finer sizes, weighted by score: one look knows a size only to dlib's pyramid
        step, and a place only to a cell of 8 px. A look whose score falls fades out of the mean
        before it is lost, so that the box does not jump.

        Sizes and cells lie on a grid of the frame, not of the box, so that the same face gets the
        same box whichever look it was known from.
        """
        x0, y0, x1, y1 = (float(v) for v in box[:4])
        margin = REFINE_MARGIN * (x1 - x0)
        first = round(STEPS * math.log(REFINE_FACE / (x1 - x0), PYRAMID))
        looks = []
        for size in range(first, first + STEPS):
            scale = PYRAMID ** (size / STEPS)
            cells = GRID / scale
            left = round(math.floor((x0 - margin) / cells) * cells)
            top = round(math.floor((y0 - margin) / cells) * cells)
            cut = _cut(gray, left, top, math.ceil(x1 + margin), math.ceil(y1 + margin))
            again = self._run(cut, scale, -DOUBT) + np.array([left, top, left, top, 0], np.float32)
            again = again[iou(box, again) > SAME]
            if len(again):
                looks.append(again[0])
        if not looks or max(look[4] for look in looks) < 0:
            return None
        faces = np.array(looks)
        refined: Boxes = np.average(faces, axis=0, weights=faces[:, 4] + DOUBT).astype(np.float32)
        refined[4] = box[4]
        return refined
