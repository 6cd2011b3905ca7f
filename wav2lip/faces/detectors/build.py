"""Face detectors by name, all returning boxes in one convention."""

import logging
from pathlib import Path
from typing import Protocol

from wav2lip.errors import InputError
from wav2lip.faces.detectors.hog import Boxes, HogDetector, Image

NAMES = ("auto", "sfd", "yunet", "retinaface", "scrfd", "blazeface", "hog")

log = logging.getLogger(__name__)


class Detector(Protocol):
    """Finds faces in one frame.

    One with an attribute `takes_luma` that is true may be given luma (H, W) in place of BGR.
    """

    def detect(self, image: Image) -> Boxes:
        """BGR frame (H, W, 3) -> (N, 5) x0, y0, x1, y1, score in px, best first.

        Boxes follow the published S3FD: mid-forehead to chin; they may leave the frame.
        """
        ...

    def redetect(self, image: Image, known: Boxes) -> Boxes:
        """A cheaper look at the faces (N, 5) known from a frame nearby -> (M, 5), M <= N unless
        N is 0. Those not found again are left out; new ones are not looked for.
        """
        ...

    def settings(self) -> dict[str, str]:
        """What decides the boxes, for a cache key."""
        ...


def build_detector(
    name: str = "auto", weights: str | Path | None = None, device: str = "cpu"
) -> Detector:
    """A detector by name: auto, sfd, yunet, retinaface, scrfd, blazeface (face-alignment) or hog.

    `weights` is a local file in place of the cached or downloaded one. "auto" is sfd on a GPU and
    yunet elsewhere, and dlib's HOG, said in one line, where their weights are out of reach.
    Raises InputError for an unknown name, foreign weights, or weights out of reach.
    """
    if name not in NAMES:
        raise InputError(f"unknown face detector {name!r}: take one of {', '.join(NAMES)}")
    if name == "hog":
        if weights is not None:
            raise InputError(f"{weights}: the detector hog takes no weights; leave them out")
        return HogDetector()
    # Imported late: hog needs none of it.
    from wav2lip.faces.detectors.neural import NeuralDetector, local_files
    from wav2lip.faces.detectors.weights import find_weights

    wanted = name if name != "auto" else ("sfd" if device.startswith("cuda") else "yunet")
    if weights is not None:
        return NeuralDetector(wanted, local_files(wanted, weights), device)
    try:
        return NeuralDetector(wanted, find_weights(wanted), device)
    except OSError as error:
        if name == "auto":
            log.warning("no weights for the face detector %s here: using dlib's hog", wanted)
            return HogDetector()
        raise InputError(
            f"the weights of the face detector {wanted} are neither cached nor reachable: "
            f"pass their file, or take the detector hog ({error})"
        ) from error
