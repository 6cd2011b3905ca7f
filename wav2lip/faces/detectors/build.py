"""Build a face detector by name."""

from pathlib import Path
from typing import Any, Protocol

from wav2lip.errors import InputError
from wav2lip.media.frame import Frame
from wav2lip.types import Boxes
from wav2lip.utils.devices import torch_device
from wav2lip.utils.extras import require_extra

WITHOUT_WEIGHTS = ("blazeface", "hog")
NAMES = ("auto", *WITHOUT_WEIGHTS, "sfd", "yunet", "retinaface", "scrfd")


class Detector(Protocol):
    """Find faces in one frame.

    An attribute `takes` says what it accepts in place of BGR (H, W, 3), as it costs less: "luma" is the
    luma (H, W) of a coded frame, "source" a `Picture`. See `detector_input`.
    """

    def detect(self, image: Any) -> Boxes:
        """Find all faces.

        Args:
            image: BGR frame (H, W, 3), or what `takes` says.

        Returns:
            (N, 5) x0, y0, x1, y1 in pixels and score, the best first. Boxes follow the published
            S3FD, from mid-forehead to chin; they may extend beyond the frame.
        """
        ...

    def redetect(self, image: Any, known: Boxes) -> Boxes:
        """Find the faces known from a frame nearby, at a lower cost than `detect`.

        Args:
            image: as for `detect`.
            known: (N, 5) boxes with scores.

        Returns:
            (M, 5), M <= N unless N is 0. Faces not found again are left out; new faces are not
            searched for.
        """
        ...

    def settings(self) -> dict[str, str]:
        """Return everything that decides the boxes, for a cache key."""
        ...


def detector_input(detector: Detector, frame: Frame) -> Any:
    """Return the form of a frame that costs least and that the detector accepts."""
    takes = getattr(detector, "takes", "bgr")
    if takes == "luma":
        return frame.luma_or_bgr
    return frame.source if takes == "source" else frame.image


def _without_weights(name: str) -> Detector:
    if name == "blazeface":
        from wav2lip.faces.detectors.blazeface import BlazeFaceDetector

        return BlazeFaceDetector()
    require_extra("dlib", "hog")
    from wav2lip.faces.detectors.hog import HogDetector

    return HogDetector()


def resolve_detector(
    name: str = "auto", weights: str | Path | None = None, device: str | None = "cpu"
) -> str:
    """Return the detector that "auto" means on a device; any other name is returned as it is.

    Args:
        name: as for `build_detector`.
        weights: as for `build_detector`.
        device: as for `build_detector`.

    Returns:
        blazeface on every device. If a file of weights is given: sfd on a GPU, yunet on a CPU.
    """
    if name != "auto":
        return name
    if weights is None:
        return "blazeface"
    if device is None or device == "auto":
        device = torch_device(device).type
    return "sfd" if device.startswith("cuda") else "yunet"


def build_detector(
    name: str = "auto", weights: str | Path | None = None, device: str | None = "cpu"
) -> Detector:
    """Build a face detector.

    Args:
        name: blazeface (built in), hog (of dlib, the extra `hog`), or sfd, yunet, retinaface or
            scrfd (of face-alignment; their weights are downloaded). "auto" is blazeface; see
            `resolve_detector`.
        weights: a local file in place of the cached or downloaded one.
        device: torch device; None or "auto": the GPU if there is one. sfd and retinaface run there.

    Returns:
        The detector. All detectors share one convention of boxes.

    Raises:
        InputError: for an unknown name, for hog without dlib, for weights of a detector that has
            none, for a file that is not the detector's weights, if the weights are neither present
            nor reachable, or for a device that this machine lacks.

    Examples:
        >>> build_detector().settings()["detector"]
        'blazeface'
    """
    if name not in NAMES:
        raise InputError(f"unknown face detector {name!r}; choose one of {', '.join(NAMES)}")
    name = resolve_detector(name, weights, device)
    if name in WITHOUT_WEIGHTS:
        if weights is not None:
            raise InputError(f"{weights}: the detector {name} takes no weights; leave them out")
        return _without_weights(name)
    # Imported late: the others need none of it.
    require_extra("torch", "torch")
    require_extra("face_alignment", "torch")
    from wav2lip.faces.detectors.neural import NeuralDetector
    from wav2lip.faces.detectors.weights import find_weights, local_files

    if weights is not None:
        paths = local_files(name, weights)
    else:
        try:
            paths = find_weights(name)
        except InputError as error:
            raise InputError(
                f"the weights of the face detector {name} are neither cached nor reachable; "
                f"give their file, or choose the built-in detector blazeface ({error})"
            ) from error
    return NeuralDetector(name, paths, str(torch_device(device)))
