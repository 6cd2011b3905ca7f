"""Render faces by moving their mesh, and by filling the inside of the mouth."""

from collections.abc import Iterator, Mapping
from functools import partial
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from wav2lip.engines.mesh_engine import TorchMeshEngine
from wav2lip.engines.motion_reader import MotionReader
from wav2lip.faces.moved_face import MovedFace
from wav2lip.faces.person import Person, PersonSurvey
from wav2lip.faces.retargeting import MotionSpace, retarget
from wav2lip.faces.tracked_frame import TrackedFace, TrackedFrame
from wav2lip.inference.batch_pool import run_batches
from wav2lip.inference.face_locator import FaceLocator
from wav2lip.inference.pipeline import StageTiming
from wav2lip.inference.settings import Settings
from wav2lip.inference.sources import FrameSource
from wav2lip.inference.survey import survey_people
from wav2lip.media.alignment import MelSource
from wav2lip.media.picture import Picture

BATCH = 8  # frames per task of a worker

# A face, the same with its mesh moved, and what is laid over its mouth; see `MovedFace.paste`.
RenderedFace = tuple[TrackedFace, MovedFace, NDArray[np.float32]]
RenderedFrame = tuple[TrackedFrame, list[RenderedFace]]


class MeshRenderer:
    """Iterator of located faces -> iterator of rendered frames, in the same order.

    Args:
        engine: the generator, ready to run.
        motion: factor on the predicted motion.

    Attributes:
        needs_landmarks: True.
        mutes_pauses: True; in a muted pause the mouth is closed.
        people: by track, from the last `study`. One that is missing is learned from the first frame of its track.
        timing: of the last run; seconds are the sum over workers divided by their number.
    """

    needs_landmarks = True
    mutes_pauses = True

    def __init__(self, engine: TorchMeshEngine, motion: float = 1.0) -> None:
        self.people: Mapping[int, Person] = {}
        self.engine = engine
        self.space = MotionSpace(engine.vertices, engine.basis)
        self.motion = motion
        self.timing = StageTiming()

    def study(self, source: FrameSource, locate: FaceLocator, settings: Settings) -> None:
        """Learn the people of a source; see `survey_people`."""
        self.people = survey_people(source, locate, settings, self.space)

    def paste(self, located: TrackedFrame, faces: list[RenderedFace]) -> Picture:
        """Put the moved faces of a frame into it."""
        picture = located.frame.picture
        for face, moved, overlay in faces:
            picture = moved.paste(picture, overlay, face.mask)
        return picture

    def __call__(self, located: Iterator[TrackedFrame], mel: MelSource) -> Iterator[RenderedFrame]:
        """Render all faces of a video.

        Holds at most two batches more than there are workers.

        Args:
            located: frames with their faces and landmarks.
            mel: the whole audio.

        Yields:
            Each frame with its moved faces, in the order of the frames.
        """
        self.timing = StageTiming()
        people = dict(self.people)
        render = partial(self._render_batch, motion=MotionReader(mel, self.engine), people=people)
        batches = self._batches(located, people)
        yield from run_batches(batches, render, self.timing, on_cpu=self.engine.on_cpu)

    def _batches(
        self, located: Iterator[TrackedFrame], people: dict[int, Person]
    ) -> Iterator[list[TrackedFrame]]:
        while frames := list(islice(located, BATCH)):
            self._meet(frames, people)
            yield frames

    def _meet(self, frames: list[TrackedFrame], people: dict[int, Person]) -> None:
        """Learn the people that are not known yet."""
        for frame in frames:
            for face in frame.faces:
                if face.track not in people and face.landmarks is not None:
                    survey = PersonSurvey()
                    survey.add(frame.frame.picture, face.landmarks)
                    people[face.track] = survey.person(self.space)

    def _render_batch(
        self, frames: list[TrackedFrame], motion: MotionReader, people: Mapping[int, Person]
    ) -> list[RenderedFrame]:
        """Render the faces of some frames."""
        coefficients = motion.at([frame.frame.time for frame in frames]) * np.float32(self.motion)
        moved = [
            (number, face, self._move(frame, face, coefficients[number], people[face.track]))
            for number, frame in enumerate(frames)
            for face in frame.faces
            if face.landmarks is not None and (face.mask is None or face.mask.weight)
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
            for (number, face, one), weights, colour in zip(part, *filled, strict=True):
                rendered[number].append((face, one, one.layers.overlay(weights, colour)))
        return list(zip(frames, rendered, strict=True))

    def _move(
        self,
        frame: TrackedFrame,
        face: TrackedFace,
        coefficients: NDArray[np.float32],
        person: Person,
    ) -> MovedFace:
        """Move one face as the audio asks."""
        landmarks, space = face.landmarks, self.space
        assert landmarks is not None  # faces without are not moved
        weight = 1.0 if face.mask is None else face.mask.weight
        deviation = space.deviation(coefficients)
        target = retarget(landmarks, person.neutral, deviation, space, weight)
        return MovedFace.of(frame.frame.picture, landmarks, target, person.height, person.exemplars)
