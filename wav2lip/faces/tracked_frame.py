"""A frame with the faces found and followed in it."""

from dataclasses import dataclass, field
from typing import Self

import numpy as np

from wav2lip.faces.crops import Crop
from wav2lip.faces.face_mask import FaceMask
from wav2lip.faces.landmarks import Landmarks
from wav2lip.media.frame import Frame
from wav2lip.types import Box, Boxes


@dataclass
class TrackedFace:
    """One face in one frame.

    Attributes:
        track: number of the face's track; tracks end with their shot.
        box: (4,) x0, y0, x1, y1 in pixels.
        landmarks: the mesh of the face, if it was asked for and fits.
        aligned: where the face is cut out if it is not cut at its box; see `align_crops`.
        mask: how a generated face is pasted; see `mask_faces`.
    """

    track: int
    box: Box
    landmarks: Landmarks | None = None
    aligned: Crop | None = None
    mask: FaceMask | None = None

    @property
    def crop(self) -> Crop:
        """Where the face is cut out."""
        return self.aligned or Crop.of_box(self.box)


@dataclass
class TrackedFrame:
    """A frame with the faces found and followed in it.

    Attributes:
        frame: the frame.
        shot: number of the shot that it belongs to, from 0.
        faces: the faces that are followed.
        detections: (N, 5) all boxes of the detector with scores; interpolated between detections.
        landmarks: those of the detections, by row, if they were followed by the mesh.
    """

    frame: Frame
    shot: int = 0
    faces: list[TrackedFace] = field(default_factory=list)
    detections: Boxes = field(default_factory=lambda: np.zeros((0, 5), np.float32))
    landmarks: dict[int, Landmarks] = field(default_factory=dict)

    @classmethod
    def of_boxes(cls, frame: Frame, boxes: list[Box]) -> Self:
        """Make a frame whose faces are at known places; each box, (4,), is a track of its own."""
        return cls(frame, faces=[TrackedFace(track, box) for track, box in enumerate(boxes)])

    @property
    def boxes(self) -> list[Box]:
        """Boxes of the followed faces, (4,) each."""
        return [face.box for face in self.faces]

    @property
    def crops(self) -> list[Crop]:
        """Where the followed faces are cut out."""
        return [face.crop for face in self.faces]

    def box_of(self, track: int) -> Box | None:
        """Return the box of a track, or None if it has no face in this frame."""
        return next((face.box for face in self.faces if face.track == track), None)
