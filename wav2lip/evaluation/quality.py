"""What a sync judge does not see: pictures against their source, flicker, mouths in pauses."""

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from wav2lip.evaluation.segments import read_faces
from wav2lip.metrics import jitter_ratio, ms_ssim, pause_motion_ratio, psnr, sharpness_ratio, ssim
from wav2lip.types import SAMPLES_PER_FRAME

FACE_SIZE = 96  # px
LEAST = 3  # frames that jitter needs
MOST_APART = 8000  # samples at 16 kHz; sounds whose lengths differ by more are not the same
ALIKE = 0.9  # correlation of two codings of one sound, at least

Box = NDArray[np.float32]


@dataclass(frozen=True)
class Faces:
    """A stretch of a video, cut at boxes of 96 px, and of its source at the same ones."""

    first: int  # frame at 25 fps
    generated: NDArray[np.uint8]  # (T,96,96,3)
    source: NDArray[np.uint8]  # (T,96,96,3)


def longest_run(boxes: dict[int, Box]) -> dict[int, Box]:
    """The longest stretch of consecutive frames among `boxes`, the first of equals."""
    best: list[int] = []
    run: list[int] = []
    for frame in sorted(boxes):
        run = [*run, frame] if run and frame == run[-1] + 1 else [frame]
        best = run if len(run) > len(best) else best
    return {frame: boxes[frame] for frame in best}


def read_both(generated: Path, source: Path, boxes: dict[int, Box]) -> Faces:
    """Crops of both videos where the source's face is seen longest without a break."""
    run = longest_run(boxes)
    one, other = (read_faces(path, run, FACE_SIZE) for path in (generated, source))
    count = min(len(one), len(other))
    return Faces(min(run), one[:count], other[:count])


def read_one(video: Path, boxes: dict[int, Box]) -> Faces:
    """Crops of one video, which is its own source."""
    run = longest_run(boxes)
    faces = read_faces(video, run, FACE_SIZE)
    return Faces(min(run), faces, faces)


def same_sound(one: NDArray[np.int16], other: NDArray[np.int16]) -> bool:
    """Whether two sounds (N,), (M,) say the same at the same time, coded differently perhaps."""
    if abs(len(one) - len(other)) > MOST_APART:
        return False
    count = min(len(one), len(other))
    first, second = one[:count].astype(np.float64), other[:count].astype(np.float64)
    norm = math.sqrt(float(first @ first) * float(second @ second))
    return norm > 0 and float(first @ second) / norm > ALIKE


def _closure(faces: Faces, pcm: NDArray[np.int16]) -> float:
    stop = faces.first + len(faces.generated)
    sound = pcm[faces.first * SAMPLES_PER_FRAME : stop * SAMPLES_PER_FRAME]
    return pause_motion_ratio(faces.generated, sound)


def alone(faces: Faces, pcm: NDArray[np.int16]) -> dict[str, float]:
    """What needs no source; pcm (N,) is the sound of the whole video."""
    return {"pause_motion_ratio": _closure(faces, pcm)} if len(faces.generated) >= LEAST else {}


def quality(faces: Faces, pcm: NDArray[np.int16], same_words: bool) -> dict[str, float]:
    """Metrics of the generated side by name; pcm (N,) is the sound of the whole generated video.

    The source's pictures are a target only where it says the same words; else PSNR, SSIM and
    MS-SSIM are NaN.
    """
    if len(faces.generated) < LEAST:
        return {}
    pair = (faces.generated, faces.source)
    return {
        "psnr": psnr(*pair) if same_words else math.nan,
        "ssim": ssim(*pair) if same_words else math.nan,
        "ms_ssim": ms_ssim(*pair) if same_words else math.nan,
        "sharpness_ratio": sharpness_ratio(*pair),
        "jitter_ratio": jitter_ratio(*pair),
        **alone(faces, pcm),
    }
