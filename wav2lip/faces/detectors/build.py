"""Build a face detector by name."""

import logging
from pathlib import Path
from typing import Protocol

from wav2lip.errors import InputError
from wav2lip.types import Boxes, Image

NAMES = ("auto", "sfd", "yunet", "retinaface", "scrfd", "blazeface", "hog")

log = logging.getLogger(__name__)


class Detector(Protocol):
    """Find faces in one frame.

    A detector with a true attribute `takes_luma` accepts luma (H, W) in place of BGR (H, W, 3).
    """

    def detect(self, image: Image) -> Boxes:
        """Find all faces.

        Args:
            image: BGR frame (H, W, 3).

        Returns:
            (N, 5) x0, y0, x1, y1 in pixels and score, the best first. Boxes follow the published
            S3FD, from mid-forehead to chin; they may extend beyond the frame.
        """
        ...

    def redetect(self, image: Image, known: Boxes) -> Boxes:
        """Find the faces known from a frame nearby, at a lower cost than `detect`.

        Args:
            image: BGR frame (H, W, 3).
            known: (N, 5) boxes with scores.

        Returns:
            (M, 5), M <= N unless N is 0. Faces not found again are left out; new faces are not
            searched for.
        """
        ...

    def settings(self) -> dict[str, str]:
        """Return everything that decides the boxes, for a cache key."""
        ...


def _hog() -> Detector:
    from wav2lip.faces.detectors.hog import HogDetector

    return HogDetector()


def build_detector(
    name: str = "auto", weights: str | Path | None = None, device: str = "cpu"
) -> Detector:
    """Build a face detector.

    Args:
        name: sfd, yunet, retinaface, scrfd or blazeface (of face-alignment), or hog (of dlib).
            "auto" is sfd on a GPU and hog on a CPU, where no download is tried. On a GPU without
            access to sfd's weights it is hog too, with a warning.
        weights: a local file in place of the cached or downloaded one. "auto" on a CPU then is
            yunet.
        device: torch device; only sfd, retinaface and blazeface use it.

    Returns:
        The detector. All detectors share one convention of boxes.

    Raises:
        InputError: for an unknown name, for a file that is not the detector's weights, or if the
            weights are neither present nor reachable.

    Examples:
        >>> build_detector("hog").settings()["detector"]
        'hog'
    """
    if name not in NAMES:
        raise InputError(f"unknown face detector {name!r}; choose one of {', '.join(NAMES)}")
    on_gpu = device.startswith("cuda")
    if name == "hog" or (name == "auto" and not on_gpu and weights is None):
        if weights is not None:
            raise InputError(f"{weights}: the detector hog takes no weights; leave them out")
        return _hog()
    # Imported late: hog needs none of it.
    from wav2lip.faces.detectors.neural import NeuralDetector
    from wav2lip.faces.detectors.weights import find_weights, local_files

    wanted = name if name != "auto" else ("sfd" if on_gpu else "yunet")
    if weights is not None:
        return NeuralDetector(wanted, local_files(wanted, weights), device)
    try:
        paths = find_weights(wanted)
    except InputError as error:
        if name == "auto":
            log.warning("no weights for the face detector %s; using dlib's hog", wanted)
            return _hog()
        raise InputError(
            f"the weights of the face detector {wanted} are neither cached nor reachable; "
            f"give their file, or choose the detector hog ({error})"
        ) from error
    return NeuralDetector(wanted, paths, device)
