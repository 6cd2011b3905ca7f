"""Render faces by moving their mesh, and by filling the inside of the mouth."""

from collections.abc import Iterator, Mapping
from functools import partial
from itertools import islice

import numpy as np

from wav2lip.engines.engine import MeshEngine
from wav2lip.engines.motion_reader import MotionReader
from wav2lip.faces.person import Person
from wav2lip.faces.tracked_frame import TrackedFrame
from wav2lip.inference.batch_pool import run_batches
from wav2lip.inference.face_locator import FaceLocator
from wav2lip.inference.mesh_faces import (
    MeshFaces,
    RenderedFace,
    RenderedFrame,
    paste_faces,
    render_threads,
)
from wav2lip.inference.pipeline import StageTiming
from wav2lip.inference.settings import Settings
from wav2lip.inference.sources import FrameSource
from wav2lip.inference.survey import meet, survey_people
from wav2lip.media.alignment import MelSource
from wav2lip.media.picture import Picture

BATCH = 4  # frames per task of a worker; the activations of more do not fit a core's cache
GPU_BATCH = 8  # the same if the networks run on a GPU, where a call costs as much as the work of a few frames


class MeshRenderer:
    """Iterator of located faces -> iterator of rendered frames, in the same order.

    Args:
        engine: the generator, ready to run.
        motion: factor on the predicted motion.

    Attributes:
        channels: that the generator reads of a sound, see `wav2lip.media.audio_features`.
        needs_landmarks: True.
        mutes_pauses: True; in a muted pause the mouth is closed.
        people: by track, from the last `study`. One that is missing is learned from the first frame of its track.
        timing: of the last run; seconds are the sum over workers divided by their number.
    """

    needs_landmarks = True
    mutes_pauses = True

    def __init__(self, engine: MeshEngine, motion: float = 1.0) -> None:
        self.people: Mapping[int, Person] = {}
        self.engine, self.channels = engine, engine.channels
        self._faces = MeshFaces(engine)
        self.motion = motion
        self._still = False  # the source of the last `study`
        self.timing = StageTiming()

    def study(self, source: FrameSource, locate: FaceLocator, settings: Settings) -> float:
        """Learn the people of a source; see `survey_people`."""
        self._still = source.info.is_still or settings.static
        self.people, cut = survey_people(source, locate, settings, self._faces.space)
        return cut

    def paste(self, located: TrackedFrame, faces: list[RenderedFace]) -> Picture:
        """Put the moved faces of a frame into it."""
        return paste_faces(located, faces)

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
        # Meshes are moved by the CPU, wherever the networks run.
        yield from run_batches(batches, render, self.timing, workers=render_threads())

    def _batches(
        self, located: Iterator[TrackedFrame], people: dict[int, Person]
    ) -> Iterator[list[TrackedFrame]]:
        size = BATCH if self.engine.on_cpu else GPU_BATCH
        while frames := list(islice(located, size)):
            for frame in frames:
                meet(frame, people, self._faces.space, still=self._still)
            yield frames

    def _render_batch(
        self, frames: list[TrackedFrame], motion: MotionReader, people: Mapping[int, Person]
    ) -> list[RenderedFrame]:
        """Render the faces of some frames."""
        coefficients = motion.at([frame.frame.time for frame in frames]) * np.float32(self.motion)
        return self._faces.render(frames, coefficients, [people] * len(frames))
