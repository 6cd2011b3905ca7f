"""Render the faces of some frames by moving their mesh, once the motion is known."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from wav2lip.engines.engine import MeshEngine
from wav2lip.faces.mouth_overlay import MouthOverlay
from wav2lip.faces.moved_face import MovedFace
from wav2lip.faces.person import Person
from wav2lip.faces.retargeting import MotionSpace, retarget
from wav2lip.faces.tracked_frame import TrackedFace, TrackedFrame
from wav2lip.media.picture import Picture
from wav2lip.utils.platform import cpu_count

# A quarter of the work on a frame holds Python's interpreter lock: more threads would wait for each other, and take
# memory.
MAX_THREADS = 4

# A face, the same with its mesh moved, and what is laid over its mouth; see `MovedFace.paste`.
RenderedFace = tuple[TrackedFace, MovedFace, MouthOverlay]
RenderedFrame = tuple[TrackedFrame, list[RenderedFace]]


class MeshFaces:
    """Render the faces of frames with given motion. Threads may share an object.

    Args:
        engine: the generator, ready to run.

    Attributes:
        engine: the generator.
        space: its space of motion.
    """

    def __init__(self, engine: MeshEngine) -> None:
        self.engine = engine
        self.space = MotionSpace(engine.vertices, engine.basis)

    def render(
        self,
        frames: Sequence[TrackedFrame],
        coefficients: NDArray[np.float32],
        people: Sequence[Mapping[int, Person]],
        weights: Sequence[float] | None = None,
    ) -> list[RenderedFrame]:
        """Render the faces of some frames, of one or several sources.

        Args:
            frames: T frames with their faces; faces without landmarks are left out.
            coefficients: (T, K) the motion of each frame.
            people: of each frame, by track.
            weights: of the generated faces in each frame, in [0, 1]; 0: the frame's own mouth. By default 1.

        Returns:
            Each frame with its moved faces, in order.
        """
        shares = [1.0] * len(frames) if weights is None else weights
        moved = [
            (number, face, self._move(frame, face, coefficients[number], person, shares[number]))
            for number, frame in enumerate(frames)
            for face in frame.faces
            if face.landmarks is not None and (face.mask is None or face.mask.weight)
            for person in [people[number][face.track]]
        ]
        rendered: list[list[RenderedFace]] = [[] for _ in frames]
        for first in range(0, len(moved), self.engine.max_batch):
            part = moved[first : first + self.engine.max_batch]
            layers = [one.layers for _, _, one in part]
            filled = self.engine.inpaint(
                np.stack([one.small for one in layers]),
                np.stack([one.inside for one in layers]),
                np.stack([one.shape for one in layers]),
            )
            for (number, face, one), candidates, colour in zip(part, *filled, strict=True):
                rendered[number].append((face, one, one.layers.overlay(candidates, colour)))
        return list(zip(frames, rendered, strict=True))

    def _move(
        self,
        frame: TrackedFrame,
        face: TrackedFace,
        coefficients: NDArray[np.float32],
        person: Person,
        share: float,
    ) -> MovedFace:
        """Move one face as the audio asks."""
        landmarks, space = face.landmarks, self.space
        assert landmarks is not None  # faces without are not moved
        weight = share * (1.0 if face.mask is None else face.mask.weight)
        deviation = space.deviation(coefficients)
        target = retarget(landmarks, person.neutral, deviation, space, weight)
        known = person.height, person.exemplars, person.texture, person.teeth
        return MovedFace.of(frame.frame.picture, landmarks, target, *known, weight)


def render_threads() -> int:
    """Return how many threads of this machine render faces best."""
    return min(cpu_count(), MAX_THREADS)


def paste_faces(located: TrackedFrame, faces: Sequence[RenderedFace]) -> Picture:
    """Put the moved faces of a frame into it."""
    picture = located.frame.picture
    for face, moved, overlay in faces:
        picture = moved.paste(picture, overlay, face.mask)
    return picture
