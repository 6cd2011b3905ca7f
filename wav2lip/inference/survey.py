"""Learn the people of a video before it is rendered."""

from collections.abc import Iterator
from itertools import takewhile

from wav2lip.faces.person import Person, PersonSurvey
from wav2lip.faces.retargeting import MotionSpace
from wav2lip.inference.face_locator import FaceLocator
from wav2lip.inference.settings import Settings
from wav2lip.inference.sources import FrameSource
from wav2lip.media.frame import Frame

SECONDS = 8.0  # from the start; more frames hardly change the neutral shape


def survey_people(
    source: FrameSource, locate: FaceLocator, settings: Settings, space: MotionSpace
) -> dict[int, Person]:
    """Learn the people in the first seconds of a video.

    Args:
        source: the video.
        locate: finds faces with their landmarks.
        settings: how frames are prepared.
        space: of the generator.

    Returns:
        By track: the neutral shape and exemplars of each person. Nothing for a still, or for frames that can be read
        only once: there the first frame of a track has to do.
    """
    if source.info.is_still or settings.static or not source.replayable:
        return {}

    def frames() -> Iterator[Frame]:
        for frame in takewhile(lambda f: f.time < SECONDS, source.forwards([])):
            yield Frame(settings.prepare(frame.picture), frame.time, frame.index, frame.colours)

    surveys: dict[int, PersonSurvey] = {}
    for tracked in locate(frames()):
        for face in tracked.faces:
            usable = face.mask is None or not (face.mask.turned or face.mask.occluded)
            if face.landmarks is not None and usable:
                survey = surveys.setdefault(face.track, PersonSurvey())
                survey.add(tracked.frame.picture, face.landmarks)
    return {track: survey.person(space) for track, survey in surveys.items()}
