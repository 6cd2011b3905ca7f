"""Face detectors by name. All return boxes in one convention (see `wav2lip.faces.boxes`)."""

from typing import TYPE_CHECKING

import lazy_loader

if TYPE_CHECKING:  # type checkers do not follow lazy names
    from wav2lip.faces.detectors.blazeface import BlazeFaceDetector as BlazeFaceDetector
    from wav2lip.faces.detectors.build import NAMES as NAMES
    from wav2lip.faces.detectors.build import Detector as Detector
    from wav2lip.faces.detectors.build import build_detector as build_detector
    from wav2lip.faces.detectors.build import detector_input as detector_input
    from wav2lip.faces.detectors.build import resolve_detector as resolve_detector
    from wav2lip.faces.detectors.fixed import FixedBox as FixedBox
    from wav2lip.faces.detectors.hog import HogDetector as HogDetector
    from wav2lip.faces.detectors.neural import NeuralDetector as NeuralDetector

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "blazeface": ["BlazeFaceDetector"],
        "build": ["NAMES", "Detector", "build_detector", "detector_input", "resolve_detector"],
        "fixed": ["FixedBox"],
        "hog": ["HogDetector"],
        "neural": ["NeuralDetector"],
    },
)
