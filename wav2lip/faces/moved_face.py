"""Move the mouth of one face in one frame: pixels by the mesh, then the inside of the mouth on top."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

import cv2
import numpy as np
from numpy.typing import NDArray

from wav2lip.faces.face_mask import FaceMask
from wav2lip.faces.landmarks import Landmarks
from wav2lip.faces.mesh import Points
from wav2lip.faces.mesh_warp import MeshWarp, mesh_warp
from wav2lip.faces.mouth_layers import MouthLayers, mouth_layers
from wav2lip.faces.mouth_overlay import MouthOverlay
from wav2lip.faces.mouth_patch import COLUMNS, LEFT, RIGHT, MouthPatch
from wav2lip.faces.mouth_view import MouthView
from wav2lip.faces.teeth import Teeth
from wav2lip.faces.tint import match_tint
from wav2lip.media.picture import Picture

MAX_SCALE = 6  # of a patch; larger mouths are filled at that
SLACK = 0.25  # of a patch; a mouth at most this much above a multiple of it is filled at that
MOVED = 0.02  # px; a pixel that moves by less stays as it is
VISIBLE = 1 / 255  # of an opacity; less changes no code


def patch_scale(landmarks: Landmarks) -> int:
    """Return the scale at which a patch has about the resolution of the frame, 1 to `MAX_SCALE`."""
    width = (RIGHT - LEFT) * landmarks.pose.scale
    return max(1, min(math.ceil(width / COLUMNS - SLACK), MAX_SCALE))


@dataclass(frozen=True)
class MovedFace:
    """A face whose mesh was moved.

    Attributes:
        warp: of the frame's pixels.
        part: (h, w, 3) uint8 BGR, the moved part of the frame.
        patch: place of the mouth.
        layers: candidates for the inside of the mouth.
    """

    warp: MeshWarp
    part: NDArray[np.uint8]
    patch: MouthPatch
    layers: MouthLayers

    @classmethod
    def of(
        cls,
        picture: Picture,
        landmarks: Landmarks,
        target: Points,
        height: float,
        exemplars: Sequence[MouthView] = (),
        texture: float = 0.0,
        teeth: Teeth | None = None,
        share: float = 1.0,
    ) -> Self:
        """Move a face.

        Args:
            picture: the frame.
            landmarks: of the face.
            target: (468, 3) where its points go, in pixels.
            height: of the person's mouth, see `MouthPatch`.
            exemplars: views of the same person.
            texture: of the person's skin, see `Person`.
            teeth: painted ones, see `Person`.
            share: of them; with 0 the frame keeps its own mouth.
        """
        warp = mesh_warp(landmarks.points, target, picture.size)
        rows, columns = warp.source(picture.size)
        moved = warp(picture.bgr(rows, columns), rows.start, columns.start)
        view = MouthView.of(picture, landmarks, height)
        scale = patch_scale(landmarks)
        layers = mouth_layers(view, exemplars, landmarks, target, moved, warp, scale, texture)
        layers = replace(layers, teeth=teeth, share=share)
        return cls(warp, moved, view.patch, layers)

    def paste(
        self, picture: Picture, overlay: MouthOverlay, mask: FaceMask | None = None
    ) -> Picture:
        """Put the moved face into its frame.

        Args:
            picture: the frame.
            overlay: see `MouthLayers.overlay`.
            mask: of the face; what covers the face stays.

        Returns:
            A new picture. Pixels that do not move keep their codes.
        """
        rows, columns = self.warp.rows, self.warp.columns
        face, changed = self.part.astype(np.float32), self.warp.moved(MOVED)
        *mouth, covering = overlay.place(self.patch, rows, columns)
        opacity = covering[..., 3]
        filled = opacity > VISIBLE
        if filled.any():
            changed[*mouth] |= filled
            # Plane by plane, as in `MouthLayers.overlay`.
            solid = np.maximum(opacity, VISIBLE)
            colour = cv2.merge([plane / solid for plane in cv2.split(covering)[:3]])
            tinted = match_tint(picture, colour, rows, columns)
            below, share = face[*mouth], opacity * filled
            planes = zip(cv2.split(below), cv2.split(tinted), strict=True)
            below[:] = cv2.merge([own + share * (new - own) for own, new in planes])
        shown = changed.astype(np.float32)
        if mask is not None and mask.hidden is not None:
            shown *= mask.uncovered(rows, columns)
        return picture.with_part(face, shown, rows.start, columns.start)
