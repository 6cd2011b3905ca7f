"""Learn the people of a video before it is rendered."""

import math
from collections.abc import Iterator

from wav2lip.faces.person import Person, PersonSurvey
from wav2lip.faces.retargeting import MotionSpace
from wav2lip.faces.tracked_frame import TrackedFrame
from wav2lip.inference.face_locator import FaceLocator
from wav2lip.inference.pipeline import QUEUE, ThreadedPipeline
from wav2lip.inference.settings import Settings
from wav2lip.inference.sources import FrameSource
from wav2lip.media.frame import Frame

SECONDS = 8.0  # from the start; more frames hardly change the neutral shape


class PeopleSurvey:
    """Learn people from frames in which they are followed."""

    def __init__(self) -> None:
        self._surveys: dict[int, PersonSurvey] = {}

    def add(self, tracked: TrackedFrame) -> None:
        """Learn from the faces of a frame that can be seen well."""
        for face in tracked.faces:
            usable = face.mask is None or not (face.mask.turned or face.mask.occluded)
            if face.landmarks is not None and usable:
                survey = self._surveys.setdefault(face.track, PersonSurvey())
                survey.add(tracked.frame.picture, face.landmarks)

    def people(self, space: MotionSpace) -> dict[int, Person]:
        """Return by track what is known of each person."""
        return {track: survey.person(space) for track, survey in self._surveys.items()}


def meet(
    tracked: TrackedFrame, people: dict[int, Person], space: MotionSpace, *, still: bool
) -> None:
    """Add the people of a frame that are not known yet; a single frame has to do.

    Args:
        tracked: the frame.
        people: by track; changed in place.
        space: of the generator.
        still: the source is one picture.
    """
    for face in tracked.faces:
        if face.track not in people and face.landmarks is not None:
            survey = PersonSurvey()
            survey.add(tracked.frame.picture, face.landmarks)
            people[face.track] = survey.person(space, still=still)


def survey_people(
    source: FrameSource, locate: FaceLocator, settings: Settings, space: MotionSpace
) -> tuple[dict[int, Person], float]:
    """Learn the people in the first seconds of a video.

    Args:
        source: the video.
        locate: finds faces with their landmarks.
        settings: how frames are prepared.
        space: of the generator.

    Returns:
        By track: the neutral shape and exemplars of each person. Nothing for a still, or for frames that can be read
        only once: there the first frame of a track has to do. And the time of the first frame that was not read, in
        seconds; ∞ if all were.
    """
    if source.info.is_still or settings.static or not source.replayable:
        return {}, 0.0
    cut = math.inf

    def frames() -> Iterator[Frame]:
        nonlocal cut
        for frame in source.forwards([]):
            if frame.time >= SECONDS:
                cut = frame.time
                return
            yield Frame(settings.prepare(frame.picture), frame.time, frame.index, frame.colours)

    survey = PeopleSurvey()
    with ThreadedPipeline() as stages:
        decoded = stages.start("decode", lambda _: frames(), (), QUEUE)
        for tracked in stages.start("faces", locate, decoded, QUEUE):
            survey.add(tracked)
    return survey.people(space), cut
