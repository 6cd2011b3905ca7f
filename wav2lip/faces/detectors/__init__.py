"""Face detectors by name, all returning boxes in one convention."""

from wav2lip.faces.detectors.build import NAMES, Detector, build_detector

__all__ = ["NAMES", "Detector", "build_detector"]
