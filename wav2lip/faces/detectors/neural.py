"""The face detectors of the face-alignment package."""

import pickle
from pathlib import Path
from typing import Any, cast

import cv2
import numpy as np

from wav2lip.errors import InputError
from wav2lip.faces.boxes import neural_to_s3fd
from wav2lip.types import Boxes, Image
from wav2lip.utils.files import sha256_of
from wav2lip.utils.onnx import damage

LONGEST = 640  # px; longer frames are shrunk: talking faces are large, and the cost grows with area
MIN_SCORE = 0.5
AROUND = 0.6  # of the largest face; the border around the known faces that `redetect` searches

# What torch, onnxruntime and OpenCV raise on a file that is not the detector's weights.
FOREIGN: tuple[type[Exception], ...] = (
    *(RuntimeError, ValueError, LookupError, TypeError, AttributeError, OSError, EOFError),
    *(pickle.UnpicklingError, cv2.error),
    *damage(),
)
REASON = 100  # characters of the library's message that ours quotes


def _load(name: str, paths: tuple[Path, ...], device: str) -> Any:
    """Build the detector of that name. Imports are late: each detector needs another library."""
    path = str(paths[0])
    if name == "sfd":
        from face_alignment.detection.sfd.sfd_detector import SFDDetector

        return SFDDetector(device, path, filter_threshold=MIN_SCORE)
    if name == "yunet":
        from face_alignment.detection.yunet.yunet_detector import YuNetDetector

        return YuNetDetector("cpu", path, score_threshold=MIN_SCORE)
    if name == "retinaface":
        from face_alignment.detection.retinaface.retinaface_detector import RetinaFaceDetector

        return RetinaFaceDetector(device, path, confidence_threshold=MIN_SCORE)
    from face_alignment.detection.scrfd.scrfd_detector import SCRFDDetector

    return SCRFDDetector(device, path, confidence_threshold=MIN_SCORE)


class NeuralDetector:
    """One of face-alignment's detectors on a shrunken frame.

    Args:
        name: sfd, yunet, retinaface or scrfd.
        paths: its files, the weights first.
        device: torch device; only sfd and retinaface use it.

    Raises:
        InputError: if the files are not this detector's weights.
    """

    def __init__(self, name: str, paths: tuple[Path, ...], device: str = "cpu") -> None:
        self.name = name
        self._sha256 = sha256_of(paths[0])
        try:
            self._detector = _load(name, paths, device)
            self._run(np.full((64, 64, 3), 127, np.uint8))
        except FOREIGN as error:
            reason = (str(error).strip().splitlines() or ["unreadable"])[0]
            raise InputError(
                f"{paths[0]}: not weights of the face detector {name} ({reason[:REASON]}); "
                "give the file that face-alignment uses for it"
            ) from error

    def settings(self) -> dict[str, str]:
        """Return everything that decides the boxes, for a cache key."""
        return {"detector": self.name, "weights": self._sha256, "longest": str(LONGEST)}

    def detect(self, image: Image) -> Boxes:
        """Find all faces in a BGR frame (H, W, 3); see `Detector.detect`."""
        found = self._shrunk(image)
        if not len(found):
            # A face that fills the frame is larger than these networks' anchors.
            h, w = image.shape[0] // 2, image.shape[1] // 2
            wide = cv2.copyMakeBorder(image, h, h, w, w, cv2.BORDER_CONSTANT)
            found = self._shrunk(cast(Image, wide)) - np.array([w, h, w, h, 0], np.float32)
        return neural_to_s3fd(found[np.argsort(-found[:, 4], kind="stable")], self.name)

    def redetect(self, image: Image, known: Boxes) -> Boxes:
        """Search only the part of the frame around the known faces (N, 5)."""
        if not len(known):
            return neural_to_s3fd(self._shrunk(image), self.name)
        room = AROUND * (known[:, 2:4] - known[:, :2]).max()
        h, w = image.shape[:2]
        x0, y0 = np.maximum(known[:, :2].min(axis=0) - room, 0).astype(int)
        x1, y1 = np.minimum(known[:, 2:4].max(axis=0) + room, (w, h)).astype(int)
        if x1 - x0 < room or y1 - y0 < room:
            return np.zeros((0, 5), np.float32)
        found = self._shrunk(image[y0:y1, x0:x1], LONGEST / max(h, w))
        found = neural_to_s3fd(found + np.array([x0, y0, x0, y0, 0], np.float32), self.name)
        return found[np.argsort(-found[:, 4], kind="stable")]

    def _shrunk(self, image: Image, max_scale: float | None = None) -> Boxes:
        """Detect on the frame shrunk by `max_scale`, or to `LONGEST`. Returns pixels of `image`."""
        scale = min(1.0, LONGEST / max(image.shape[:2]) if max_scale is None else max_scale)
        if scale < 1:
            image = cast(
                Image, cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
            )
        back = np.array([1 / scale] * 4 + [1.0], np.float32)
        return self._run(image) * back

    def _run(self, image: Image) -> Boxes:
        """Return the detector's own boxes (N, 5), degenerate ones left out."""
        rgb = np.ascontiguousarray(image[..., ::-1])
        rows = self._detector.detect_from_image(rgb)
        found = np.array([np.asarray(row, np.float32)[:5] for row in rows], np.float32)
        found = found.reshape(-1, 5)
        sane = (found[:, 4] > MIN_SCORE) & (found[:, 2:4] - found[:, :2] > 1).all(axis=1)
        return found[sane]
