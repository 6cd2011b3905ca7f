"""What is known of one person in a source: the neutral shape of the mouth, and exemplars of its inside."""

import heapq
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from wav2lip.faces.head_pose import mean_face
from wav2lip.faces.landmarks import Landmarks
from wav2lip.faces.lip_line import lips_seen
from wav2lip.faces.mesh import Points
from wav2lip.faces.mouth_layers import EXEMPLARS
from wav2lip.faces.mouth_patch import MouthPatch
from wav2lip.faces.mouth_view import Mask, MouthView
from wav2lip.faces.moved_face import patch_scale
from wav2lip.faces.retargeting import MotionSpace
from wav2lip.faces.teeth import Teeth
from wav2lip.faces.texture import fine_texture
from wav2lip.media.picture import Picture
from wav2lip.regions import INNER_CORNERS
from wav2lip.types import Image

MAX_YAW, MAX_PITCH = 30.0, 25.0  # degrees; a mouth that is seen from further aside is no exemplar
MIN_OPENING = 0.03  # lip opening over the distance of the eyes; less shows nothing of the inside
TEXTURES = 5  # frames in which the skin is measured
KEPT = 16  # of the most open mouths, whose teeth are compared
CLOSED = 0.05  # lip opening; lips that were never further apart say nothing of the teeth
MANY = 50  # frames of a video in which they were not
# Lips of a photo that are parted by less show a strip of teeth or of darkness, which would become a block as the mouth
# opens.
PARTED = 0.07
BROAD = 0.65  # width over the distance of the eyes; the mesh of a smile is opened too little
MIDDLE = slice(32, 64)  # columns of the patch in which the teeth of parted lips are seen
INSIDE = 0.3  # coverage by the opening, above which a pixel counts
AROUND = 1.0  # of a patch, kept above and below it until the height of the mouth is known


@dataclass(frozen=True)
class Person:
    """What is known of one person in a source.

    Attributes:
        neutral: (P, 3) the shape of the closed, relaxed mouth seen from the front, see `neutral_shape`.
        height: of the mouth corners in the axes of the mean face; median.
        exemplars: up to two views: the most open mouth, and the one that shows the most of its teeth.
        texture: of the skin around the mouth, see `wav2lip.faces.texture`. One value for the whole source: the
            frames of a compressed video differ, and what is drawn must not flicker.
        teeth: painted ones, where the lips of a photo are closed or hardly parted, or those of a video never part.
    """

    neutral: NDArray[np.float32]
    height: float
    exemplars: tuple[MouthView, ...] = ()
    texture: float = 0.0
    teeth: Teeth | None = None


@dataclass
class PersonSurvey:
    """Learn a person from frames, in memory that does not grow by pictures."""

    _shapes: list[Points] = field(default_factory=list)
    _open: list[tuple[float, int, Image, Landmarks]] = field(default_factory=list)  # a heap
    _textures: list[float] = field(default_factory=list)  # of the first frames
    _first: tuple[Landmarks, Image, Mask] | None = None  # the patch of its mouth, and the opening
    _widest: float = 0.0  # lip opening
    _lips: tuple[bool, bool] = False, False  # of the first frame, see `lips_seen`

    def __len__(self) -> int:
        return len(self._shapes)

    def add(self, source: Image | Picture, landmarks: Landmarks) -> None:
        """Add a frame (H, W, 3) or its planes, with the landmarks of the face."""
        self._shapes.append(landmarks.pose.face_on(landmarks.points))
        height = float(mean_face().vertices[list(INNER_CORNERS), 1].mean())
        if len(self._textures) < TEXTURES:
            view = MouthView.of(source, landmarks, height)
            self._textures.append(fine_texture(*view.cut(patch_scale(landmarks))))
            if self._first is None:
                self._first = landmarks, *view.cut()
                self._lips = lips_seen(source, landmarks)
        opening, pose = landmarks.lip_opening, landmarks.pose
        self._widest = max(self._widest, opening)
        if abs(pose.yaw) > MAX_YAW or abs(pose.pitch) > MAX_PITCH or opening < MIN_OPENING:
            return
        if len(self._open) == KEPT and opening <= self._open[0][0]:
            return
        size = source.size if isinstance(source, Picture) else source.shape[:2]
        rows, columns = MouthPatch.of_pose(pose, height).extent((size[0], size[1]), AROUND)
        part = (
            source.bgr(rows, columns)
            if isinstance(source, Picture)
            else source[rows, columns].copy()
        )
        shift = np.array([columns.start, rows.start, 0], np.float32)
        placed = replace(landmarks, points=landmarks.points - shift)
        entry = (opening, len(self._shapes), part, placed)
        (heapq.heappush if len(self._open) < KEPT else heapq.heapreplace)(self._open, entry)

    def person(self, space: MotionSpace, *, still: bool = False) -> Person:
        """Return what is known so far; at least one frame was added.

        A single frame gives no exemplar: its mouth is shown anyway.

        Args:
            space: of the generator.
            still: the source is one picture: it has no other frame, which might show teeth.
        """
        corners = [shape[list(INNER_CORNERS), 1] for shape in self._shapes]
        height, neutral = float(np.median(corners)), space.neutral(self._shapes)
        texture = float(np.median(self._textures))
        if len(self._shapes) == 1 or not self._open:
            teeth = self._teeth(space, neutral, height, texture, still)
            return Person(neutral, height, texture=texture, teeth=teeth)
        widest = sorted(self._open, reverse=True)
        views = [MouthView.of(part, landmarks, height) for _, _, part, landmarks in widest]
        rest = sorted(views[1:], key=lambda view: -view.teeth)
        return Person(neutral, height, (views[0], *rest[: EXEMPLARS - 1]), texture)

    def _teeth(
        self,
        space: MotionSpace,
        neutral: NDArray[np.float32],
        height: float,
        texture: float,
        still: bool,
    ) -> Teeth | None:
        """Paint teeth behind the lips of the first frame, unless the source shows enough of them."""
        assert self._first is not None  # a frame was added
        landmarks, skin, opening = self._first
        seen, with_teeth = self._lips
        closed = seen and not with_teeth and self._widest < CLOSED
        parted = seen and self._widest < PARTED and landmarks.mouth_width < BROAD
        enough = still or len(self._shapes) >= MANY
        if not ((closed and enough) or (parted and still)):
            return None
        between = None if closed else skin[:, MIDDLE][opening[:, MIDDLE] > INSIDE]
        shape = landmarks.pose.face_on(landmarks.points)
        shape[space.vertices] = neutral
        patch = MouthPatch.of_pose(landmarks.pose, height)
        return Teeth.of(landmarks.pose, shape, patch, skin, texture, between)
