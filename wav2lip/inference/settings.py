"""Everything that decides what a run makes, checked once."""

import math
from dataclasses import dataclass
from fractions import Fraction

import cv2
import numpy as np
from numpy.typing import NDArray

from wav2lip.errors import InputError
from wav2lip.faces.detectors import NAMES
from wav2lip.media.picture import Picture

MAX_FPS = 240
UNSET_BOX = (-1, -1, -1, -1)
WHOLE = (0, -1, 0, -1)  # --crop
MAX_CRF = 51
BLENDS = ("feather", "box", "poisson")

FourInts = tuple[int, int, int, int]


@dataclass(frozen=True)
class Settings:
    """What a run makes; the defaults of the published arguments are the published ones.

    Raises `InputError`, in one line, for a value that makes no sense.
    """

    fps: float = 25.0  # of the output where the face is a still
    static: bool = False  # use the first frame of a video only
    resize_factor: int = 1  # the frame is made so many times smaller first
    rotate: bool = False  # then turned clockwise by 90 degrees
    crop: FourInts = WHOLE  # then cut: top, bottom, left, right px; -1: up to the end
    box: FourInts = UNSET_BOX  # the face: top, bottom, left, right px; no detection, no pads
    pads: FourInts = (0, 10, 0, 0)  # px added to a found face: top, bottom, left, right
    smooth: bool = True  # average a face's box over a few frames
    faces: str | int = "largest"  # or "all", or how many
    detector: str = "auto"
    detector_weights: str | None = None
    neutral_reference: bool = (
        True  # in pauses and before it speaks the mouth rests, where a generator warps
    )
    blend: str = "feather"
    batch_size: int = 128  # faces at once, at most; a CPU is fastest with fewer and takes fewer
    codec: str | None = None  # None: libx264, and in .webm libvpx-vp9
    crf: int = 18
    preset: str | None = None  # the encoder's own name for its speed
    cache: bool = True  # remember where the faces of a video are

    def __post_init__(self) -> None:
        if not (math.isfinite(self.fps) and 0 < self.fps <= MAX_FPS):
            raise InputError(f"--fps {self.fps:g}: give frames a second, above 0 to {MAX_FPS}")
        if self.resize_factor < 1:
            raise InputError(f"--resize_factor {self.resize_factor}: give 1 or more")
        if self.batch_size < 1:
            raise InputError(f"--batch_size {self.batch_size}: give 1 or more")
        if self.detector not in NAMES:
            raise InputError(f"--detector {self.detector}: give one of {' '.join(NAMES)}")
        if self.blend not in BLENDS:
            raise InputError(f"--blend {self.blend}: give one of {' '.join(BLENDS)}")
        wanted = self.faces
        if not (wanted in ("largest", "all") or (isinstance(wanted, int) and wanted > 0)):
            raise InputError(f"--faces {wanted}: say largest, all, or a number from 1")
        if not 0 <= self.crf <= MAX_CRF:
            raise InputError(f"--crf {self.crf}: give 0 (best) to {MAX_CRF}")

    @property
    def finds_faces(self) -> bool:
        """Whether faces are searched for; otherwise `box` is the face in every frame."""
        return self.box[0] == -1

    @property
    def rate(self) -> Fraction:
        """`fps` as a fraction: 29.97 is 30000/1001."""
        film = Fraction(round(self.fps * 1001 / 1000) * 1000, 1001)
        near = abs(float(film) - self.fps) < 0.005 and self.fps != round(self.fps)
        return film if near else Fraction(self.fps).limit_denominator(1001)

    def frame(self, picture: Picture) -> Picture:
        """The part of a frame that is worked on: resized, turned, cut, as published."""
        if self.resize_factor == 1 and not self.rotate and self.crop == WHOLE:
            return picture
        image = picture.bgr()
        if self.resize_factor > 1:
            height, width = picture.size
            small = (max(1, width // self.resize_factor), max(1, height // self.resize_factor))
            image = np.asarray(cv2.resize(image, small, interpolation=cv2.INTER_AREA), np.uint8)
        if self.rotate:
            image = np.asarray(cv2.rotate(image, cv2.ROTATE_90_CLOCKWISE), np.uint8)
        if self.crop != WHOLE:
            top, bottom, left, right = self.crop
            height, width = image.shape[:2]
            bottom, right = (height if bottom == -1 else bottom), (width if right == -1 else right)
            _check_inside("--crop", (top, bottom, left, right), (height, width))
            image = np.ascontiguousarray(image[top:bottom, left:right])
        return Picture.of(image, picture.colours)

    def fixed_box(self, size: tuple[int, int]) -> NDArray[np.float32]:
        """`box` as x0, y0, x1, y1 (4,) px in a frame of (height, width)."""
        _check_inside("--box", self.box, size)
        top, bottom, left, right = self.box
        return np.array([left, top, right, bottom], np.float32)


def _check_inside(name: str, sides: FourInts, size: tuple[int, int]) -> None:
    top, bottom, left, right = sides
    height, width = size
    if not (0 <= top < bottom <= height and 0 <= left < right <= width):
        raise InputError(
            f"{name} {top} {bottom} {left} {right} (top bottom left right) does not lie in the "
            f"frame, which is {width} wide and {height} high"
        )
