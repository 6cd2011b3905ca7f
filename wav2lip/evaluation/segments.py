"""Face segments: consecutive frames of one face with the sound under them, on which scores are computed."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from wav2lip.errors import InputError
from wav2lip.evaluation.face_crops import CropCollector
from wav2lip.evaluation.judge import LoadedJudge
from wav2lip.evaluation.views import View
from wav2lip.faces.crop_tracking import track_crops
from wav2lip.faces.crops import Crop
from wav2lip.faces.detectors import Detector
from wav2lip.media.audio import load_wav
from wav2lip.media.pcm import to_pcm
from wav2lip.media.video import Frame, probe, read_frames
from wav2lip.preprocessing.retiming import retime_frames
from wav2lip.types import FPS, SAMPLES_PER_FRAME, Box, Boxes, Image, Pcm

STRIDE = 5  # frames between two detections while the face is steady, as in preprocessing
RATE_TOLERANCE = 0.01  # relative; a rate nearer to 25 counts as 25
NO_BOX = np.full(4, np.nan, np.float32)
NO_CROP = Crop.of_box(NO_BOX)


@dataclass(frozen=True)
class FaceSegment:
    """Consecutive frames at 25 fps with their sound.

    Attributes:
        first: number of the first frame, counted from the start of the video.
        pictures: (T,S,S,3) BGR, the judge's view of each frame.
        boxes: (T,4) px in the video; NaN for a frame without a face.
        pcm: (N,) at 16 kHz, N at most 640 T.
    """

    first: int
    pictures: Image
    boxes: Boxes
    pcm: Pcm


class Segmenter(Protocol):
    """Divides a video into clips, and each clip into face segments."""

    def __call__(
        self,
        path: Path,
        pcm: Pcm,
        detector: Detector,
        judge: LoadedJudge,
        crops: CropCollector | None = None,
        problems: list[str] | None = None,
    ) -> Iterator[tuple[str, Iterable[FaceSegment]]]:
        """Yield a suffix of the clip's name and the segments of each clip.

        The segments must be consumed before the next clip is requested.

        Args:
            path: the video.
            pcm: (N,) at 16 kHz, its sound.
            detector: finds the faces.
            judge: its views of a frame are what the segments contain.
            crops: receives every frame, with the box of the first clip's face.
            problems: receives one line per kind of damage of the video.

        Raises:
            InputError: no face, or the video cannot be read.
        """
        ...


def read_pcm(path: Path, problems: list[str] | None = None) -> Pcm:
    """Read the sound of a file as (N,) at 16 kHz; sample 0 is the instant of the first frame.

    `problems` receives one line per kind of damage.
    """
    return to_pcm(load_wav(path, problems=problems))


def frames_at_25(path: Path, problems: list[str] | None = None) -> Iterator[Frame]:
    """Yield the frames of a video, resampled to 25 per second.

    `problems` receives one line per kind of damage, after the last frame.

    Raises:
        InputError: `path` is a still, or cannot be read.
    """
    if probe(path).is_still:
        raise InputError(f"{path}: is a still; give a video")
    return retime_frames(read_frames(path, problems), FPS)


def remarks(path: Path, pcm: Pcm) -> list[str]:
    """Describe what a reader of the scores should know about a video and its sound (N,)."""
    info, found = probe(path), []
    if abs(info.fps - FPS) > RATE_TOLERANCE * FPS:
        found.append(f"{float(info.fps):.4g} frames per second, resampled to {FPS}")
    sound, video = len(pcm) / (SAMPLES_PER_FRAME * FPS), info.duration
    if video is not None and sound > video + 1 / FPS:
        found.append(f"the sound is {sound - video:.2f} s longer; its end is not scored")
    elif video is not None and sound < video - 1 / FPS:
        found.append(f"the video is {video - sound:.2f} s longer; its end is not scored")
    return found


def cut_segment(first: int, pictures: list[Image], boxes: list[Box], pcm: Pcm) -> FaceSegment:
    """Make a segment of the frames collected from `first` on, with its part of the video's sound."""
    sound = pcm[first * SAMPLES_PER_FRAME : (first + len(pictures)) * SAMPLES_PER_FRAME]
    return FaceSegment(first, np.stack(pictures), np.stack(boxes), sound)


def largest_face(
    path: Path,
    pcm: Pcm,
    detector: Detector,
    view: View,
    max_frames: int | None = None,
    crops: CropCollector | None = None,
    problems: list[str] | None = None,
) -> Iterator[FaceSegment]:
    """Yield the segments of the largest face of each shot; the video is decoded once.

    Args:
        path: the video.
        pcm: (N,) at 16 kHz, its sound.
        detector: finds the faces.
        view: the judge's. One that needs no face gets the whole video as one segment, including frames without a
            face.
        max_frames: longer segments are cut.
        crops: receives every frame with the crop of its face.
        problems: receives one line per kind of damage of the video.

    Raises:
        InputError: the video has no face, or is a still.
    """
    pictures: list[Image] = []
    boxes: list[Box] = []
    first, person = 0, (-1, -1)
    total, any_face = 0, False
    frames = frames_at_25(path, problems)
    stream = track_crops(frames, detector, view.face_crop, stride=STRIDE)
    for tracked in stream:
        frame, found = tracked.frame, tracked.faces
        total, any_face = total + 1, any_face or bool(found)
        crop = found[0].crop if found else NO_CROP
        if crops is not None:
            crops.add(frame, found[0].crop if found else None)
        usable = bool(found) or not view.needs_face
        now = (tracked.shot, found[0].track) if found and view.needs_face else (-1, -1)
        if pictures and (not usable or now != person or len(pictures) == max_frames):
            yield cut_segment(first, pictures, boxes, pcm)
            pictures, boxes = [], []
        if usable:
            first, person = (first, person) if pictures else (frame.index, now)
            pictures.append(view(frame.image, crop))
            boxes.append(found[0].box if found else NO_BOX)
    if not any_face:
        raise InputError(
            f"{path}: no face in any of its {total} frames; remove it, or use another detector"
        )
    if pictures:
        yield cut_segment(first, pictures, boxes, pcm)


@dataclass(frozen=True)
class LargestFace:
    """One clip per video, in one segment for each unbroken appearance of the face."""

    def __call__(
        self,
        path: Path,
        pcm: Pcm,
        detector: Detector,
        judge: LoadedJudge,
        crops: CropCollector | None = None,
        problems: list[str] | None = None,
    ) -> Iterator[tuple[str, Iterable[FaceSegment]]]:
        """See `Segmenter`."""
        yield "", largest_face(path, pcm, detector, judge.clip_view, crops=crops, problems=problems)
