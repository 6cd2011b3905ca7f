"""Find shots, faces, landmarks and voice in a video, and keep what a picture and a table show of them."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from wav2lip.errors import InputError
from wav2lip.faces.detectors import Detector
from wav2lip.faces.landmark_tracking import Mesh, smooth_landmarks
from wav2lip.faces.landmarks import Landmarks
from wav2lip.faces.tracked_frame import TrackedFace, TrackedFrame
from wav2lip.faces.tracking import track_faces
from wav2lip.media.audio import read_mono
from wav2lip.media.pauses import find_pauses, measure_sound
from wav2lip.media.video import probe, read_frames
from wav2lip.media.voice_activity import Probabilities
from wav2lip.types import MEL_RATE, SAMPLE_RATE, Image

MOST_KEPT = 24  # frames kept at once; every second one is dropped beyond it
KEPT_SIDE = 400  # px, longer side of the kept frames
PROGRESS_STEP = 10  # frames

Progress = Callable[[str, float, float], None]


@dataclass(frozen=True)
class FaceFinding:
    """One face in one frame. Without landmarks the numbers after `height` are NaN.

    Attributes:
        time: of the frame, seconds.
        frame: its number, from 0.
        shot: its shot, from 0.
        track: the face's track, from 0.
        x: left of the face's box, pixels.
        y: top of the box.
        width: of the box.
        height: of the box.
        yaw: degrees; positive if the face looks to the right of the image.
        pitch: degrees; positive if it looks up.
        roll: degrees; positive if it is tilted clockwise as seen.
        mar: mouth aspect ratio.
        visible: share of the mesh that the camera can see.
    """

    time: float
    frame: int
    shot: int
    track: int
    x: float
    y: float
    width: float
    height: float
    yaw: float
    pitch: float
    roll: float
    mar: float
    visible: float


@dataclass(frozen=True)
class KeptFrame:
    """A frame of the picture, reduced, with its faces in the reduced coordinates."""

    image: Image
    time: float
    frame: int
    faces: list[TrackedFace]


@dataclass
class Findings:
    """What was found in a video.

    Attributes:
        path: of the video.
        size: width and height in pixels, as displayed.
        fps: average frames per second.
        frames: number of frames.
        seconds: from the first frame to the end of the last.
        shots: time at which each shot starts, seconds.
        faces: every followed face of every frame, in order.
        kept: up to 24 evenly spaced frames.
        voice: (B,) probability of voice of each 32 ms; None without sound.
        power: (M,) mean square of the sound around each mel column.
        pauses: start and end of each pause of the speech, seconds.
        problems: damage of the file, one line per kind.
        has_sound: whether the file has a sound track, also one that cannot be used.
    """

    path: Path
    size: tuple[int, int]
    fps: Fraction
    frames: int = 0
    seconds: float = 0.0
    shots: list[float] = field(default_factory=list)
    faces: list[FaceFinding] = field(default_factory=list)
    kept: list[KeptFrame] = field(default_factory=list)
    voice: Probabilities | None = None
    power: NDArray[np.float32] | None = None
    pauses: list[tuple[float, float]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    has_sound: bool = False


def _finding(tracked: TrackedFrame, face: TrackedFace, size: tuple[int, int]) -> FaceFinding:
    x0, y0, x1, y1 = (float(value) for value in face.box)
    numbers = [float("nan")] * 5
    if face.landmarks is not None:
        pose, mar = face.landmarks.pose, face.landmarks.mar
        numbers = [pose.yaw, pose.pitch, pose.roll, mar, face.landmarks.visibility(size[::-1])]
    frame = tracked.frame
    return FaceFinding(
        frame.time, frame.index, tracked.shot, face.track, x0, y0, x1 - x0, y1 - y0, *numbers
    )


def _reduced(tracked: TrackedFrame) -> KeptFrame:
    image = tracked.frame.image
    scale = KEPT_SIDE / max(image.shape[:2])
    size = (max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale)))
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    small = np.asarray(cv2.resize(image, size, interpolation=how), np.uint8)
    faces = [
        replace(
            face,
            box=face.box * np.float32(scale),
            landmarks=None if face.landmarks is None else _scaled(face.landmarks, scale),
        )
        for face in tracked.faces
    ]
    return KeptFrame(small, tracked.frame.time, tracked.frame.index, faces)


def _scaled(landmarks: Landmarks, scale: float) -> Landmarks:
    return replace(landmarks, points=landmarks.points * np.float32(scale))


class _Keeper:
    """Keeps evenly spaced frames of a video of unknown length."""

    def __init__(self) -> None:
        self.frames: list[KeptFrame] = []
        self._step = 1

    def add(self, tracked: TrackedFrame) -> None:
        if tracked.frame.index % self._step:
            return
        self.frames.append(_reduced(tracked))
        if len(self.frames) > MOST_KEPT:
            del self.frames[1::2]
            self._step *= 2


def _listen(found: Findings) -> None:
    """Add what is found in the sound. One that cannot be read is a problem, not the end."""
    problems: list[str] = []
    try:
        found.power, found.voice, _ = measure_sound(
            read_mono(found.path, SAMPLE_RATE, problems=problems)
        )
    except InputError as error:
        problems.append(str(error).removeprefix(f"{found.path}: "))
    else:
        found.pauses = [
            (start / MEL_RATE, stop / MEL_RATE)
            for start, stop in find_pauses(found.power, found.voice)
        ]
    found.problems += problems


def inspect_video(
    path: str | Path,
    detector: Detector,
    mesh: Mesh,
    faces: str | int = "all",
    progress: Progress | None = None,
) -> Findings:
    """Find everything in a video or still that inference and preprocessing look for.

    Args:
        path: of the video or still.
        detector: finds the faces.
        mesh: fits their landmarks.
        faces: how many are followed, as for `wav2lip.faces.track_faces`.
        progress: is told the stage, the seconds done and the seconds in all.

    Returns:
        The findings. A video without faces or sound has none of them.

    Raises:
        InputError: the file is no video or still.
    """
    info = probe(path)
    found = Findings(info.path, (info.width, info.height), info.fps)
    keeper, shot, times = _Keeper(), -1, [0.0]
    frames = track_faces(
        read_frames(info.path, found.problems), detector, faces=faces, smooth=1, mesh=mesh
    )
    for tracked in smooth_landmarks(frames):
        if tracked.shot != shot:
            shot = tracked.shot
            found.shots.append(tracked.frame.time)
        found.faces += [_finding(tracked, face, found.size) for face in tracked.faces]
        keeper.add(tracked)
        times = [*times[-1:], tracked.frame.time]
        found.frames += 1
        if progress is not None and found.frames % PROGRESS_STEP == 0:
            progress("faces", tracked.frame.time, info.duration or tracked.frame.time)
    if not found.frames:
        raise InputError(f"{path}: no frame decodes; give another file")
    found.kept = keeper.frames
    step = max((b - a for a, b in pairwise(times)), default=0.0) or float(1 / info.fps)
    found.seconds = times[-1] + step
    found.has_sound = info.has_audio
    if info.has_audio:
        _listen(found)
    return found
