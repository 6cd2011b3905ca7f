"""Face detectors by name, all returning boxes in one convention."""

from typing import Protocol

from wav2lip.errors import InputError
from wav2lip.faces.hog import Boxes, HogDetector, Image

NAMES = ("auto", "hog")


class Detector(Protocol):
    """Finds faces in one frame."""

    def detect(self, image: Image) -> Boxes:
        """BGR frame (H, W, 3) -> (N, 5) x0, y0, x1, y1, score in px, best first.

        Boxes follow the published S3FD: mid-forehead to chin, ear to ear; they may leave the frame.
        """
        ...

    def settings(self) -> dict[str, str]:
        """What decides the boxes, for a cache key."""
        ...


def build_detector(name: str = "auto", weights: str | None = None, device: str = "cpu") -> Detector:
    """A detector by name; `weights` is a local file instead of the one to download."""
    if name not in NAMES:
        raise InputError(f"unknown face detector {name!r}: take one of {', '.join(NAMES)}")
    return HogDetector()
