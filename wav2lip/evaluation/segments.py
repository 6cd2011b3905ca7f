"""Unbroken stretches of one face with the sound under them: what a score is computed on."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from wav2lip.errors import InputError
from wav2lip.evaluation.views import View
from wav2lip.faces.crops import crop_face
from wav2lip.faces.detectors import Detector
from wav2lip.faces.tracking import track_faces
from wav2lip.media.audio import load_wav
from wav2lip.media.pcm import to_pcm
from wav2lip.media.video import Frame, probe, read_frames
from wav2lip.preprocessing.retiming import retime_frames
from wav2lip.types import FPS, SAMPLES_PER_FRAME

STRIDE = 5  # frames between two looks of the detector at a calm face, as in preprocessing
RATE = 0.01  # relative; a rate nearer to 25 differs by how the last frame is counted
NO_BOX = np.full(4, np.nan, np.float32)

Box = NDArray[np.float32]


@dataclass(frozen=True)
class FaceSegment:
    """Consecutive frames at 25 fps, numbered from the video's first, and their sound at 16 kHz."""

    first: int
    pictures: NDArray[np.uint8]  # (T,S,S,3) BGR, what the judge sees
    boxes: Box  # (T,4) px in the video; NaN in a frame without a face
    pcm: NDArray[np.int16]  # (N,), N <= 640 T


def read_pcm(path: Path) -> NDArray[np.int16]:
    """The sound of a file, (N,) int16 at 16 kHz; sample 0 is the first frame's instant."""
    return to_pcm(load_wav(path))


def frames_at_25(path: Path) -> Iterator[Frame]:
    """The frames of a video at 25 a second; InputError for a still."""
    if probe(path).is_still:
        raise InputError(f"{path}: is a still; give a video")
    return retime_frames(read_frames(path), FPS)


def remarks(path: Path, pcm: NDArray[np.int16]) -> list[str]:
    """What a reader of the scores should know about how a video was read."""
    info, found = probe(path), []
    if abs(info.fps - FPS) > RATE * FPS:
        found.append(f"{float(info.fps):.4g} frames a second, resampled to {FPS}")
    sound, picture = len(pcm) / (SAMPLES_PER_FRAME * FPS), info.duration
    if picture is not None and sound > picture + 1 / FPS:
        found.append(f"the sound is {sound - picture:.2f} s longer, and its end not scored")
    elif picture is not None and sound < picture - 1 / FPS:
        found.append(f"the picture is {picture - sound:.2f} s longer, and its end not scored")
    return found


def cut_segment(
    first: int, pictures: list[NDArray[np.uint8]], boxes: list[Box], pcm: NDArray[np.int16]
) -> FaceSegment:
    """A take from what was collected from frame `first` on, with its part of the video's sound."""
    sound = pcm[first * SAMPLES_PER_FRAME : (first + len(pictures)) * SAMPLES_PER_FRAME]
    return FaceSegment(first, np.stack(pictures), np.stack(boxes), sound)


def largest_face(
    path: Path,
    pcm: NDArray[np.int16],
    detector: Detector,
    view: View,
    most: int | None = None,
) -> Iterator[FaceSegment]:
    """The largest face of each shot, in takes of at most `most` frames.

    A view that needs no face gets the whole video in one take, frames without a face included.
    Raises InputError where the video has no face at all, and for a still.
    """
    pictures: list[NDArray[np.uint8]] = []
    boxes: list[Box] = []
    first, person = 0, (-1, -1)
    total, seen = 0, False
    for tracked in track_faces(frames_at_25(path), detector, stride=STRIDE):
        frame, found = tracked.frame, tracked.faces
        total, seen = total + 1, seen or bool(found)
        box = found[0].box if found else NO_BOX
        shown = bool(found) or not view.needs_face
        now = (tracked.shot, found[0].track) if found and view.needs_face else (-1, -1)
        if pictures and (not shown or now != person or len(pictures) == most):
            yield cut_segment(first, pictures, boxes, pcm)
            pictures, boxes = [], []
        if shown:
            first, person = (first, person) if pictures else (frame.index, now)
            pictures.append(view(frame.image, box))
            boxes.append(box)
    if not seen:
        raise InputError(
            f"{path}: no face in any of its {total} frames; remove it, or take another detector"
        )
    if pictures:
        yield cut_segment(first, pictures, boxes, pcm)


def read_faces(path: Path, boxes: dict[int, Box], size: int) -> NDArray[np.uint8]:
    """Face crops (T,size,size,3) of a video's frames at 25 fps, T of those in `boxes`, in order.

    Fewer than asked where the video is shorter. One set of boxes for two videos makes their
    pictures comparable pixel by pixel.
    """
    crops = [
        crop_face(frame.image, boxes[frame.index], size)
        for frame in frames_at_25(path)
        if frame.index in boxes
    ]
    return np.stack(crops) if crops else np.zeros((0, size, size, 3), np.uint8)
