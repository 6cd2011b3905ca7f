"""dlib's HOG face detector; requires the extra `hog`, and no weights file."""

import math
from functools import cache
from threading import Lock
from typing import Any, cast

import cv2
import dlib
import numpy as np

from wav2lip.faces.boxes import hog_to_s3fd, iou, s3fd_to_hog
from wav2lip.types import Box, Boxes, Image

SEARCH_WIDTH = 480  # px; wider frames are shrunk to it for the first pass
CLOSE_WIDTH = (
    960  # px; the last pass, for faces that are under 80 px (HOG's window) in the first one
)
REFINE_FACE = 84.0  # px; a found face is scaled to about this width and detected again
REFINE_MARGIN = 0.2  # fraction of the face that is kept around it, at least
PYRAMID = 1.2  # dlib's factor between two sizes
STEPS = 5  # sizes that divide one such factor
DOUBT = (
    0.2  # a detection counts from this far below dlib's threshold, with a weight that grows from 0
)
GRID = 48  # px; whole cells of HOG (8 px), also after one pyramid step (9.6 px)
SAME = 0.3  # IoU above which a refined face is the one from the first pass


_running = Lock()  # dlib's detector has buffers of its own


@cache
def _dlib_detector() -> Any:
    """Load dlib's detector; that takes 0.4 s, so all detectors of the process share it."""
    return dlib.get_frontal_face_detector()


def _grey(image: Image) -> Image:
    return image if image.ndim == 2 else cast(Image, cv2.cvtColor(image, cv2.COLOR_BGR2GRAY))


def _cut(gray: Image, left: int, top: int, right: int, bottom: int) -> Image:
    """Cut a part out of the frame; beyond the frame its border is repeated."""
    h, w = gray.shape
    cut = gray[max(top, 0) : max(bottom, 1), max(left, 0) : max(right, 1)]
    beyond = (max(-top, 0), max(bottom - h, 0), max(-left, 0), max(right - w, 0))
    if any(beyond) and cut.size:
        cut = cast(Image, cv2.copyMakeBorder(cut, *beyond, cv2.BORDER_REPLICATE))
    return cut


class HogDetector:
    """dlib's frontal HOG detector on a shrunken frame, refined face by face.

    Source: King 2009, dlib's `get_frontal_face_detector`. The box is refined because one pass knows
    a face's size only to a factor of 1.2 and its place only to 8 px.

    Examples:
        >>> detector = HogDetector()
        >>> detector.detect(np.zeros((240, 320, 3), np.uint8)).shape
        (0, 5)
    """

    name = "hog"
    takes = "luma"

    def __init__(self) -> None:
        self._dlib = _dlib_detector()

    def settings(self) -> dict[str, str]:
        """Return everything that decides the boxes, for a cache key."""
        return {"detector": self.name, "version": "4"}

    def detect(self, image: Image) -> Boxes:
        """Find all faces.

        Args:
            image: BGR (H, W, 3) or luma (H, W).

        Returns:
            (N, 5) x0, y0, x1, y1 in pixels and score, the best first.
        """
        gray = _grey(image)
        width = gray.shape[1]
        raw = self._run(gray, min(1.0, SEARCH_WIDTH / width))
        if not len(raw):
            raw = self._run_padded(gray)
        if not len(raw):
            raw = self._run(gray, min(2.0, CLOSE_WIDTH / width))
        refined = [self._refine(gray, box) for box in raw]
        raw = np.array(
            [box if new is None else new for box, new in zip(raw, refined, strict=True)],
            np.float32,
        ).reshape(-1, 5)
        return hog_to_s3fd(raw[np.argsort(-raw[:, 4], kind="stable")])

    def redetect(self, image: Image, known: Boxes) -> Boxes:
        """Search only around the known faces, at about a third of the cost of `detect`.

        If none are known, search for large faces only. See `Detector.redetect`.
        """
        gray = _grey(image)
        if not len(known):
            found = self._run(gray, min(1.0, SEARCH_WIDTH / gray.shape[1]))
            return self.detect(image) if len(found) else found
        refined = [self._refine(gray, box) for box in s3fd_to_hog(known)]
        raw = np.array([box for box in refined if box is not None], np.float32).reshape(-1, 5)
        return hog_to_s3fd(raw)

    def _run(self, gray: Image, scale: float, threshold: float = 0.0) -> Boxes:
        """Return dlib's boxes (N, 5) in pixels of `gray`, the best first."""
        if scale != 1.0:
            method = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
            gray = cast(Image, cv2.resize(gray, None, fx=scale, fy=scale, interpolation=method))
        with _running:
            found, scores, _ = self._dlib.run(np.ascontiguousarray(gray), 0, threshold)
        rows = [
            # dlib's right and bottom are the last pixels inside.
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
        """Detect with a border around the frame: HOG's window needs room around a large face."""
        h, w = gray.shape
        wide = cv2.copyMakeBorder(gray, h // 2, h // 2, w // 2, w // 2, cv2.BORDER_REPLICATE)
        raw = self._run(cast(Image, wide), min(1.0, SEARCH_WIDTH / wide.shape[1]))
        return raw - np.array([w // 2, h // 2, w // 2, h // 2, 0], np.float32)

    def _refine(self, gray: Image, box: Box) -> Box | None:
        """Average the boxes found at finer sizes, weighted by score.

        A detection whose score falls fades out of the mean before it is lost, so that the box does
        not jump. Sizes and cells lie on a grid of the frame, not of the box, so that a face gets
        the same box from whichever detection the refinement starts.

        Args:
            gray: (H, W).
            box: (5,) of dlib.

        Returns:
            (5,) of dlib with the score of `box`; None if the face is not found again.
        """
        x0, y0, x1, y1 = (float(v) for v in box[:4])
        margin = REFINE_MARGIN * (x1 - x0)
        first = round(STEPS * math.log(REFINE_FACE / (x1 - x0), PYRAMID))
        found = []
        for size in range(first, first + STEPS):
            scale = PYRAMID ** (size / STEPS)
            cells = GRID / scale
            left = round(math.floor((x0 - margin) / cells) * cells)
            top = round(math.floor((y0 - margin) / cells) * cells)
            cut = _cut(gray, left, top, math.ceil(x1 + margin), math.ceil(y1 + margin))
            again = self._run(cut, scale, -DOUBT) + np.array([left, top, left, top, 0], np.float32)
            again = again[iou(box, again) > SAME]
            if len(again):
                found.append(again[0])
        if not found or max(face[4] for face in found) < 0:
            return None
        faces = np.array(found)
        refined: Box = np.average(faces, axis=0, weights=faces[:, 4] + DOUBT).astype(np.float32)
        refined[4] = box[4]
        return refined
