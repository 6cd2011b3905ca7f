"""The stretches of a video that are in no clip, each with its reason."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from wav2lip.faces.tracked_frame import TrackedFrame
from wav2lip.preprocessing.face_track import FaceTrack
from wav2lip.preprocessing.settings import ClipSettings

NO_FACE = "no face"
NOT_FOLLOWED = "a face, but not one of those that are followed"
NO_SOUND = "no sound"
BEFORE_START = "before the first whole mel column"


@dataclass(frozen=True)
class Dropped:
    """A stretch of a video that is in no clip.

    Attributes:
        start: time of its first frame, seconds.
        end: time after its last frame, seconds.
        frames: its length at the rate of the clips.
        reason: why.
    """

    start: float
    end: float
    frames: int
    reason: str


def parse_dropped(values: Mapping[str, Any]) -> Dropped:
    """Read a stretch that a record holds. Raises KeyError, TypeError or ValueError if it is none."""
    start, end = float(values["start"]), float(values["end"])
    return Dropped(start, end, int(values["frames"]), str(values["reason"]))


@dataclass
class FrameLog:
    """What was found in each frame of a retimed video.

    Attributes:
        shots: number of the shot.
        reasons: why no face of the frame is in a track; "" if one is.
    """

    shots: list[int] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)

    def add(self, tracked: TrackedFrame) -> None:
        """Append a frame."""
        missing = NOT_FOLLOWED if len(tracked.detections) else NO_FACE
        self.shots.append(tracked.shot)
        self.reasons.append("" if tracked.faces else missing)

    @classmethod
    def of_track(cls, track: FaceTrack) -> "FrameLog":
        """Make the log of a video of which only a face is known."""
        known = set(track.indices)
        total = track.indices[-1] + 1
        return cls([0] * total, ["" if index in known else NO_FACE for index in range(total)])

    def cuts(self, first: int, last: int) -> str:
        """Say which ends of a run of frames are cuts."""
        starts = first > 0 and self.shots[first - 1] != self.shots[first]
        ends = last + 1 < len(self.shots) and self.shots[last + 1] != self.shots[last]
        if starts and ends:
            return " between two shot changes"
        return " after a shot change" if starts else " before a shot change" if ends else ""


def _of_track(
    track: FaceTrack, log: FrameLog, seconds: float, settings: ClipSettings
) -> Iterator[tuple[int, int, str]]:
    """Yield (first frame, frame after the last, reason) of what is not used of a track."""
    for a, b in track.runs():
        start, end = track.indices[a], track.indices[b - 1] + 1
        first, last = track.usable(a, b, seconds, settings)
        usable = max(0, last - first)
        if usable >= settings.min_frames:
            yield start, start + first - a, BEFORE_START
            yield start + last - a, end, NO_SOUND
        elif int(seconds * settings.fps) <= start:
            yield start, end, NO_SOUND
        else:
            cuts = log.cuts(start, end - 1)
            yield (
                start,
                end,
                f"too short: {usable} usable frames{cuts}, min_frames is {settings.min_frames}",
            )


def find_dropped(
    tracks: Iterable[FaceTrack], log: FrameLog, seconds: float, settings: ClipSettings
) -> list[Dropped]:
    """Find the stretches of a video that are in no clip.

    Args:
        tracks: its face tracks. What is not used of one is listed, even if another covers the same time.
        log: of its frames.
        seconds: length of its sound.
        settings: crop settings.

    Returns:
        The stretches in the order of their starts.
    """
    found: list[tuple[int, int, str]] = []
    position = 0
    for (reason, _), frames in groupby(zip(log.reasons, log.shots, strict=True)):
        length = sum(1 for _ in frames)
        if reason:
            found.append((position, position + length, reason))
        position += length
    for track in tracks:
        found += _of_track(track, log, seconds, settings)
    return [
        Dropped(round(a / settings.fps, 3), round(b / settings.fps, 3), b - a, reason)
        for a, b, reason in sorted(found)
        if a < b
    ]
