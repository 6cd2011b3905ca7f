"""What can be shown where a mouth was moved: the moved frame, the frame itself, and exemplars of the same person."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from wav2lip.faces.landmarks import Landmarks
from wav2lip.faces.mesh import Points
from wav2lip.faces.mesh_warp import MeshWarp
from wav2lip.faces.mouth_overlay import MouthOverlay
from wav2lip.faces.mouth_patch import COLUMNS, ROWS, inner_mouth
from wav2lip.faces.mouth_view import MouthView, jaw_height
from wav2lip.faces.teeth import Teeth
from wav2lip.faces.texture import add_grain, crispness
from wav2lip.types import Image

EXEMPLARS = 2  # per person
CANDIDATES = 1 + 2 * (1 + EXEMPLARS)  # the moved frame; frame and exemplars, each in two places
EDGE = 4  # px of the patch around the opening that may change
SOFT = 1.2  # px of the patch, standard deviation of the region's edge
# Enlarged, or in a sharp picture, a drawn colour is softer than what is around it: detail of that standard deviation,
# in pixels of the patch, is added again in that share.
CRISP, CRISP_SIZE = 0.8, 0.9
AROUND = 6  # px of the patch around the region; what enlarging and blurring read


@dataclass(frozen=True)
class MouthLayers:
    """The candidates for the pixels of a moved mouth, and where they are wanted.

    Upper teeth stay where they are in the head, and lower teeth move with the jaw. So the frame and every exemplar
    are candidates twice: as they are, and moved down with the jaw.

    Attributes:
        colours: (7, 72 * times, 96 * times, 3) uint8 BGR; missing exemplars are black.
        inside: (6, 72, 96) in [0, 1], opening between the lips of all candidates but the first.
        shape: (2, 72, 96) in [0, 1], the wanted opening, and the region that may change.
        times: scale of the colours.
        texture: of the person's skin, see `Person`.
        teeth: painted ones, which cover what the network draws.
        share: of the teeth; with 0 the frame keeps its own mouth.
    """

    colours: Image
    inside: NDArray[np.float32]
    shape: NDArray[np.float32]
    times: int
    texture: float = 0.0
    teeth: Teeth | None = None
    share: float = 1.0

    @property
    def small(self) -> Image:
        """The colours at scale 1, (7, 72, 96, 3), as the inpainter sees them."""
        if self.times == 1:
            return self.colours
        size = (COLUMNS, ROWS)
        shrunk = [cv2.resize(c, size, interpolation=cv2.INTER_AREA) for c in self.colours]
        return np.asarray(shrunk, np.uint8)

    @cached_property
    def _visible(self) -> tuple[slice, slice]:
        """Rows and columns of the patch that hold the region, with `AROUND` it; empty without one."""
        rows, columns = (np.flatnonzero(self.shape[1].any(axis=axis)) for axis in (1, 0))
        if not len(rows):
            return slice(0, 0), slice(0, 0)
        top, left = max(0, int(rows[0]) - AROUND), max(0, int(columns[0]) - AROUND)
        bottom, right = int(rows[-1]) + AROUND + 1, int(columns[-1]) + AROUND + 1
        return slice(top, min(bottom, ROWS)), slice(left, min(right, COLUMNS))

    def overlay(self, weights: NDArray[np.float32], colour: NDArray[np.float32]) -> MouthOverlay:
        """Blend the candidates, at their own resolution.

        Args:
            weights: (8, 72, 96) of the candidates and of the drawn colour; they sum to 1.
            colour: (3, 72, 96) BGR in [0, 1], drawn.

        Returns:
            What covers the moved frame where the region is.
        """
        rows, columns = self._visible
        top, left = rows.start * self.times, columns.start * self.times
        shares = weights[1:, rows, columns] * self.shape[1, rows, columns]
        if self.teeth is not None and self.teeth.parted:
            hidden = self.share * self.shape[0, rows, columns]
            stretched = weights[0, rows, columns] * self.shape[1, rows, columns]
            shares[-1] += hidden * (stretched + shares[0])
            shares[0] *= 1 - hidden
        height, width = shares.shape[1] * self.times, shares.shape[2] * self.times
        if not height:
            return MouthOverlay(np.zeros((0, 0, 4), np.float32), top, left, self.times)
        shares = np.stack([cv2.resize(share, (width, height)) for share in shares])
        drawn = colour[:, rows, columns].transpose(1, 2, 0)
        drawn = cv2.resize(drawn, (width, height), interpolation=cv2.INTER_CUBIC)
        crisp = CRISP * (1.0 if self.times > 1 else crispness(self.texture))
        if crisp:
            soft = cv2.GaussianBlur(drawn, (0, 0), CRISP_SIZE * self.times)
            drawn += np.float32(crisp) * (drawn - soft)
        if self.teeth is not None:
            share = np.float32(self.share)
            drawn += share * (self.teeth.dim(drawn) - drawn)
            covered, painted = self.teeth.shown(self.shape[0], self.times, rows, columns)
            covered *= share
            drawn += covered[..., None] * (painted - drawn)
            region = cv2.resize(self.shape[1, rows, columns], (width, height))
            shares *= 1 - covered
            shares[-1] += covered * region
        size = (ROWS * self.times, COLUMNS * self.times)
        drawn = add_grain(drawn, self.texture, size, top, left)
        # Plane by plane: arithmetic on pixels of three channels costs several times as much.
        planes = [255 * np.clip(plane, 0, 1) * shares[6] for plane in cv2.split(drawn)]
        colours = self.colours[:, top : top + height, left : left + width]
        for index in range(1, CANDIDATES):
            if self.inside[index - 1].any() or index <= 2:
                for plane, colour_plane in zip(planes, cv2.split(colours[index]), strict=True):
                    plane += shares[index - 1] * colour_plane
        covering = cv2.merge([*planes, shares.sum(axis=0)])
        return MouthOverlay(covering, top, left, self.times)


def mouth_layers(
    view: MouthView,
    exemplars: Sequence[MouthView],
    landmarks: Landmarks,
    target: Points,
    moved: Image,
    warp: MeshWarp,
    times: int = 1,
    texture: float = 0.0,
) -> MouthLayers:
    """Gather the candidates of one frame.

    Args:
        view: the mouth of the frame.
        exemplars: up to `EXEMPLARS` of the same person.
        landmarks: of the face in the frame.
        target: (468, 3) where its points go, in pixels.
        moved: (h, w, 3) the part of the frame that `warp` moved.
        warp: from the landmarks to the target.
        times: scale of the colours.
        texture: see `MouthLayers`.
    """
    points = view.patch.points(target)
    jaw = jaw_height(landmarks.pose.face_on(target))
    region = cv2.GaussianBlur(inner_mouth(points, 2 * EDGE), (0, 0), SOFT)
    colours = np.zeros((CANDIDATES, ROWS * times, COLUMNS * times, 3), np.uint8)
    inside = np.zeros((CANDIDATES - 1, ROWS, COLUMNS), np.float32)
    colours[0] = view.patch.cut(moved, times, 0.0, warp.rows.start, warp.columns.start)
    for index, other in enumerate([view, *exemplars]):
        for place, down in enumerate((0.0, jaw - other.jaw)):
            at = 2 * index + place
            colours[1 + at], inside[at] = other.cut(times, down)
    shape = np.stack([inner_mouth(points), np.asarray(region, np.float32)])
    return MouthLayers(colours, inside, shape, times, texture)
