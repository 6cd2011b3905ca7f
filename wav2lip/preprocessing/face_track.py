"""One face through the frames of a video, and which parts of it become clips."""

from collections.abc import Iterator
from dataclasses import dataclass, field, fields

import numpy as np
from numpy.typing import NDArray

from wav2lip.clips import encode_crop
from wav2lip.faces.crops import cut_face
from wav2lip.faces.tracked_frame import TrackedFace
from wav2lip.media.frame import Frame
from wav2lip.preprocessing.measures import HeadMeasures, lower_half_sharpness, measure_head
from wav2lip.preprocessing.settings import ClipSettings
from wav2lip.types import LANDMARKS, Box

ROUNDING = 1e-6  # frames


@dataclass
class FaceTrack:
    """One face in frames of the retimed video.

    Attributes:
        indices: frame numbers, increasing.
        boxes: face boxes (4,) in the source frames, pixels.
        crops: crops as JPEG.
        sharpness: sharpness of each crop; see `lower_half_sharpness`.
        rolls: degrees by which each crop is turned.
        landmarks: of each face, (468, 3) float16 as in a clip file; None where there are none.
        heads: what is measured on these landmarks.
    """

    indices: list[int] = field(default_factory=list)
    boxes: list[Box] = field(default_factory=list)
    crops: list[bytes] = field(default_factory=list)
    sharpness: list[float] = field(default_factory=list)
    rolls: list[float] = field(default_factory=list)
    landmarks: list[NDArray[np.float16] | None] = field(default_factory=list)
    heads: list[HeadMeasures | None] = field(default_factory=list)

    def add(self, frame: Frame, face: TrackedFace, settings: ClipSettings) -> None:
        """Append the face in one more frame."""
        image, crop, found = frame.image, face.crop, face.landmarks
        cut = cut_face(image, crop.widened(settings.pad), settings.crop_size)
        self.indices.append(frame.index)
        self.boxes.append(crop.box)
        self.crops.append(encode_crop(cut))
        self.sharpness.append(lower_half_sharpness(cut))
        self.rolls.append(crop.roll)
        if found is None or not settings.landmarks:
            self.landmarks.append(None)
            self.heads.append(None)
        else:
            self.landmarks.append(crop.to_crop(found.points).astype(np.float16))
            self.heads.append(measure_head(found, image.shape[:2]))

    def landmark_table(self) -> NDArray[np.float16] | None:
        """Return the landmarks as (F, 468, 3), NaN where there are none; None if no frame has any."""
        if all(points is None for points in self.landmarks):
            return None
        missing = np.full((LANDMARKS, 3), np.nan, np.float16)
        return np.stack([missing if points is None else points for points in self.landmarks])

    def part(self, a: int, b: int) -> "FaceTrack":
        """Return positions a to b - 1."""
        return FaceTrack(*(getattr(self, column.name)[a:b] for column in fields(self)))

    def runs(self) -> Iterator[tuple[int, int]]:
        """Yield positions [a, b) of runs of consecutive frames."""
        start = 0
        for position in range(1, len(self.indices) + 1):
            ends = position == len(self.indices)
            if ends or self.indices[position] != self.indices[position - 1] + 1:
                yield start, position
                start = position

    def usable(self, a: int, b: int, seconds: float, settings: ClipSettings) -> tuple[int, int]:
        """Return the positions of a run that can be a clip; the end may lie before the start.

        A clip starts on a whole mel column and ends where the sound ends: frames without sound are useless
        for training.

        Args:
            a: first position of the run.
            b: the one after its last.
            seconds: length of the sound.
            settings: crop settings.
        """
        a += -self.indices[a] % settings.start_step
        if a < b:
            audio_frames = int(seconds * settings.fps + ROUNDING) - self.indices[a]
            b = min(b, a + audio_frames)
        return a, b

    def parts(self, seconds: float, settings: ClipSettings) -> Iterator["FaceTrack"]:
        """Yield the parts that become clips; see `usable`. Each is long enough."""
        for run in self.runs():
            a, b = self.usable(*run, seconds, settings)
            if b - a >= settings.min_frames:
                yield self.part(a, b)
