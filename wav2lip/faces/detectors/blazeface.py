"""The built-in detector: BlazeFace finds faces, the face mesh confirms and places them."""

from typing import cast

import cv2
import numpy as np

from wav2lip.faces.boxes import drop_duplicates, iou, neural_to_s3fd
from wav2lip.faces.detectors.blazeface_network import FULL, SHORT, BlazeFaceNetwork, Faces
from wav2lip.faces.landmark_tracking import find_landmarks, fit_landmarks
from wav2lip.faces.landmarks import Landmarks
from wav2lip.faces.mesh import FaceMesh, Region
from wav2lip.media.picture import Picture
from wav2lip.types import Box, Boxes, Image

CANDIDATE = 0.3  # score above which a face counts if the mesh confirms it
CERTAIN = 0.6  # score above which it counts without
TILE = 0.6  # side of a tile in shorter sides of the frame
SAME = 0.4  # IoU above which two boxes are of one face


def _box(landmarks: Landmarks, score: float) -> Box:
    """Place the box (5,) by points that speech does not move."""
    return np.append(landmarks.box, score).astype(np.float32)


def _bgr(image: Image | Picture) -> Image:
    return image.bgr() if isinstance(image, Picture) else image


def tiles(height: int, width: int) -> list[tuple[int, int, int]]:
    """Cover a frame with squares that overlap by a third or more.

    Returns:
        left, top and side of each square, in pixels.

    Examples:
        >>> tiles(100, 100)
        [(0, 0, 60), (40, 0, 60), (0, 40, 60), (40, 40, 60)]
    """
    side = max(1, round(TILE * min(height, width)))

    def starts(size: int) -> list[int]:
        count = 1 + int(np.ceil(1.5 * (size - side) / side))
        return [round(start) for start in np.linspace(0, size - side, count)]

    return [(left, top, side) for top in starts(height) for left in starts(width)]


class BlazeFaceDetector:
    """BlazeFace and the face mesh, on one thread, without further files.

    The full-range network sees faces from about a twentieth of the frame's width. If it finds none,
    the short-range network looks for faces that fill the frame, then the full-range network looks
    into tiles of the frame for small ones. The mesh rejects what is no face. The box follows from
    the head's pose and size, so an opening mouth does not change it.

    Examples:
        >>> detector = BlazeFaceDetector()
        >>> detector.detect(np.zeros((240, 320, 3), np.uint8)).shape
        (0, 5)
    """

    name = "blazeface"
    takes = "source"

    def __init__(self) -> None:
        self._full, self._short = BlazeFaceNetwork(FULL), BlazeFaceNetwork(SHORT)
        self._mesh = FaceMesh()

    def settings(self) -> dict[str, str]:
        """Return everything that decides the boxes, for a cache key."""
        return {"detector": self.name, "version": "2"}

    def detect(self, image: Image | Picture) -> Boxes:
        """Find all faces in a BGR frame (H, W, 3) or a coded one; see `Detector.detect`."""
        image = _bgr(image)
        found = self._search(image)
        return found if len(found) else self._search_tiles(image)

    def redetect(self, image: Image | Picture, known: Boxes) -> Boxes:
        """Fit the mesh around the known faces (N, 5), at a lower cost than `detect`."""
        if not len(known):
            return self._search(_bgr(image))
        found: list[Box] = []
        lost: list[Box] = []
        for box in known:
            landmarks = find_landmarks(image, box[:4], self._mesh)
            if landmarks is None:
                lost.append(box)
            else:
                found.append(_box(landmarks, float(box[4])))
        if lost:
            seen = self._search(_bgr(image))
            for box in lost:
                overlap = iou(box, seen)
                if len(overlap) and overlap.max() > SAME:
                    found.append(seen[overlap.argmax()])
        return drop_duplicates(np.array(found, np.float32).reshape(-1, 5), SAME)

    def _search(self, image: Image) -> Boxes:
        """Search the whole frame."""
        found = self._confirm(image, self._full(image, CANDIDATE))
        if not len(found):
            found = self._confirm(image, self._short(image, CANDIDATE))
        if not len(found):
            # A face that is cut by the border on all sides.
            h, w = image.shape[0] // 2, image.shape[1] // 2
            wide = cast(Image, cv2.copyMakeBorder(image, h, h, w, w, cv2.BORDER_REPLICATE))
            found = self._confirm(wide, self._short(wide, CANDIDATE))
            found = found - np.array([w, h, w, h, 0], np.float32)
        return found

    def _search_tiles(self, image: Image) -> Boxes:
        """Search for small faces."""
        found = [np.zeros((0, 17), np.float32)]
        for left, top, side in tiles(*image.shape[:2]):
            faces = self._full(image[top : top + side, left : left + side], CANDIDATE)
            shift = np.array([left, top, left, top, 0, *[left, top] * 6], np.float32)
            found.append(faces + shift)
        return self._confirm(image, np.concatenate(found))

    def _confirm(self, image: Image, faces: Faces) -> Boxes:
        """Fit the mesh to each face (N, 17), and drop uncertain ones that it does not fit."""
        boxes = []
        for face in faces:
            region = Region.of_eyes(face[:4], face[5:7], face[7:9])
            landmarks = fit_landmarks(image, region, self._mesh)
            if landmarks is not None:
                boxes.append(_box(landmarks, float(face[4])))
            elif face[4] >= CERTAIN:
                boxes.append(neural_to_s3fd(face[None, :5], self.name)[0])
        found = np.array(boxes, np.float32).reshape(-1, 5)
        found = found[np.argsort(-found[:, 4], kind="stable")]
        return drop_duplicates(found, SAME)
