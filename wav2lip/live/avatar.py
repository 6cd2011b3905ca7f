"""A face that is ready to speak: everything that can be done once per source is done."""

import hashlib
import math
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from fractions import Fraction
from itertools import takewhile
from pathlib import Path
from typing import Self

import numpy as np

from wav2lip.engines.engine import MeshEngine
from wav2lip.errors import InputError
from wav2lip.faces.cache import CachedDetector
from wav2lip.faces.detectors import build_detector
from wav2lip.faces.person import Person
from wav2lip.faces.retargeting import MotionSpace
from wav2lip.faces.tracked_frame import TrackedFace, TrackedFrame
from wav2lip.inference.face_locator import FaceLocator
from wav2lip.inference.face_problems import check_faces, no_face
from wav2lip.inference.frames import output_rate
from wav2lip.inference.mesh_faces import MeshFaces
from wav2lip.inference.settings import Settings
from wav2lip.inference.sources import Face, FrameSource, open_face
from wav2lip.inference.survey import SECONDS as SURVEYED
from wav2lip.inference.survey import PeopleSurvey, meet
from wav2lip.live.closed_mouth import ClosedMouth
from wav2lip.live.idle_mouth import IdleMouth
from wav2lip.live.picture_store import PictureStore
from wav2lip.media.frame import Frame
from wav2lip.media.picture import Picture

SECONDS = 10.0  # of a video that are used
MAX_FPS = 30  # of a video; of faster ones every second frame is left out, or more
# Frames per second by which a video may be faster: the rate that a file states is measured, and often 30.02.
RATE_TOLERANCE = 1.5


def space_id(engine: MeshEngine) -> str:
    """Return a name of a generator's space of motion, in which people are learned."""
    digest = hashlib.blake2b(digest_size=16)
    for array in (engine.vertices.astype(np.int64), engine.basis.astype(np.float32)):
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


def _thinned(source: FrameSource, settings: Settings, seconds: float, step: int) -> Iterator[Frame]:
    """Yield the prepared frames of a source that are used."""
    static = settings.static or source.info.is_still
    for frame in takewhile(lambda f: f.time < seconds, source.forwards([])):
        if frame.index % step == 0:
            prepared = settings.prepare(frame.picture)
            yield Frame(prepared, frame.time, frame.index // step, frame.colours)
        if static:
            return


def _repeated(frames: Iterator[Frame], own: Fraction, rate: Fraction) -> Iterator[Frame]:
    """Repeat the pictures of a video of `own` frames per second so that there are `rate` of them."""
    count = 0
    for frame in frames:
        until = max(count + 1, round((frame.time + 1 / own) * rate))
        for number in range(count, until):
            yield Frame(frame.source, float(number / rate), number, frame.colours)
        count = until


@dataclass(frozen=True)
class Avatar:
    """A face that is ready to speak. Sessions may share one.

    Attributes:
        pictures: frames of the source.
        faces: of each frame.
        people: by track.
        closed: what closes the mouths of each frame.
        fps: frames per second.
        space: name of the space of motion of the generator that it is made for, see `space_id`.
        source: name of the file that it was made from.
    """

    pictures: PictureStore
    faces: list[list[TrackedFace]]
    people: dict[int, Person]
    closed: list[ClosedMouth]
    fps: Fraction
    space: str
    source: str

    @classmethod
    def from_file(
        cls,
        face: Face,
        engine: MeshEngine,
        settings: Settings | None = None,
        *,
        color: str | None = None,
        fps: float | None = None,
        seconds: float = SECONDS,
        device: str = "cpu",
    ) -> Self:
        """Make an avatar of a photo or of the start of a video.

        Args:
            face: as `LipSyncer` takes it.
            engine: the generator.
            settings: how frames are read and faces found.
            color: channel order of arrays, see `LipSyncer`.
            fps: of a sequence of arrays, see `LipSyncer`.
            seconds: of a video that are used.
            device: of the face detector.

        Raises:
            InputError: the source cannot be read, no face is found, or a setting does not fit.
        """
        settings = settings or Settings()
        if not 0 < seconds <= 600:
            raise InputError(f"seconds must be above 0 and at most 600, not {seconds:g}")
        source = open_face(face, color, fps)
        rate = output_rate(source.info, settings)
        step = max(1, math.ceil(rate / (MAX_FPS + RATE_TOLERANCE)))
        problems: list[str] = []
        survey, first_seen = PeopleSurvey(), dict[int, TrackedFrame]()
        faces: list[list[TrackedFace]] = []
        with ExitStack() as stack:
            detector = None
            if settings.finds_faces:
                detector = build_detector(settings.detector, settings.detector_weights, device)
                if settings.cache and source.path is not None:
                    detector = stack.enter_context(CachedDetector(detector, source.path))
            mesh = detector.mesh if isinstance(detector, CachedDetector) else None
            still = source.info.is_still or settings.static
            learns = not still
            locate = FaceLocator(detector, settings, "aligned", mesh, landmarks=True, still=still)
            frames = _thinned(source, settings, seconds, step)
            if learns and rate != source.info.fps:
                frames = _repeated(frames, source.info.fps, rate)
            located = locate(frames)

            def pictures() -> Iterator[Picture]:
                for tracked in check_faces(located, source.info.path, settings, problems, mesh):
                    if learns and tracked.frame.time < SURVEYED:
                        survey.add(tracked)
                    for found in tracked.faces:
                        if found.landmarks is not None:
                            first_seen.setdefault(found.track, tracked)
                    faces.append(tracked.faces)
                    yield tracked.frame.picture

            store = PictureStore.of(pictures())
            if not any(f.landmarks is not None for found in faces for f in found):
                raise no_face(source, settings, detector, len(faces), seconds)
        space = MotionSpace(engine.vertices, engine.basis)
        people = survey.people(space)
        for tracked in first_seen.values():
            meet(tracked, people, space, still=still)
        renderer = MeshFaces(engine)
        closed = [
            ClosedMouth.of(TrackedFrame(Frame(store[i], 0.0, i), faces=found), people, renderer)
            for i, found in enumerate(faces)
        ]
        name = source.path.name if source.path else "array"
        return cls(store, faces, people, closed, Fraction(rate, step), space_id(engine), name)

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read an avatar that `save` wrote.

        Raises:
            InputError: the file is missing, damaged, or no avatar.
        """
        from wav2lip.live.avatar_file import read_avatar

        return cls(**read_avatar(Path(path)))

    def save(self, path: str | Path) -> None:
        """Write one file with all that `load` needs.

        Raises:
            OutputError: it cannot be written.
        """
        from wav2lip.live.avatar_file import write_avatar

        write_avatar(Path(path), self)

    def check_engine(self, engine: MeshEngine) -> None:
        """Check that the avatar was made for a generator.

        Raises:
            InputError: it was made for another one.
        """
        if space_id(engine) != self.space:
            raise InputError(
                f"the avatar of {self.source} was made for another generator; make it again with this one"
            )

    def index(self, number: int) -> int:
        """Return which frame of the source is shown as frame `number`: back and forth, none twice in a row."""
        last = len(self.pictures) - 1
        place = number % (2 * last) if last else 0
        return min(place, 2 * last - place)

    def frame(self, number: int) -> TrackedFrame:
        """Return the source's frame with its faces, shown as frame `number`."""
        index = self.index(number)
        frame = Frame(self.pictures[index], float(number / self.fps), number)
        return TrackedFrame(frame, faces=self.faces[index])

    def idle(self, number: int, mouth: IdleMouth) -> Picture:
        """Return the picture that is shown as frame `number` while nobody speaks."""
        index = self.index(number)
        picture = self.pictures[index]
        return picture if mouth == "source" else self.closed[index].paste(picture)
