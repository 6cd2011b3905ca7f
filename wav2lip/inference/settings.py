"""The settings of an inference run, checked once."""

from dataclasses import dataclass
from fractions import Fraction

import cv2
import numpy as np

from wav2lip.engines.choose import ENGINES
from wav2lip.errors import InputError
from wav2lip.faces.blending import MODES
from wav2lip.faces.detectors import NAMES
from wav2lip.media.encoders import CODECS
from wav2lip.media.picture import Picture
from wav2lip.types import CROP_KINDS, Box, CropKind
from wav2lip.utils.values import (
    FACES,
    Flag,
    Number,
    OneOf,
    Rule,
    Sides,
    Text,
    Whole,
    check_fields,
    optional,
)

MIN_FPS, MAX_FPS = 1, 240  # frames per second
MAX_CRF = 51  # 0 is best
MAX_MOTION = 2  # times the predicted motion
UNSET_BOX = (-1, -1, -1, -1)
WHOLE = (0, -1, 0, -1)  # crop
AUTO = "auto"  # face_crop

FourInts = tuple[int, int, int, int]

_FLAG, _EDGE = Flag(), Sides(Whole(-1))
# What each setting may be; the commands check it before they import anything heavy.
RULES: dict[str, Rule] = {
    "fps": Number(MIN_FPS, MAX_FPS),
    "static": _FLAG,
    "resize_factor": Whole(1),
    "rotate": _FLAG,
    "crop": _EDGE,
    "box": _EDGE,
    "face_crop": OneOf((AUTO, *CROP_KINDS)),
    "pads": Sides(),
    "smooth": _FLAG,
    "max_yaw": Number(0, 90),
    "keep_occluders": _FLAG,
    "faces": FACES,
    "detector": OneOf(NAMES),
    "detector_weights": optional(Text()),
    "motion": Number(0, MAX_MOTION),
    "neutral_reference": _FLAG,
    "mute_pauses": _FLAG,
    "denoise": _FLAG,
    "blend": OneOf(MODES),
    "engine": OneOf(ENGINES),
    "provider": Text(),
    "batch_size": Whole(1),
    "codec": optional(OneOf(CODECS)),
    "crf": Whole(0, MAX_CRF),
    "preset": optional(Text()),
    "cache": _FLAG,
}


@dataclass(frozen=True)
class Settings:
    """How frames are read, faces are found and rendered, and the video is written.

    The defaults of the settings that the published script has are the published ones.

    Attributes:
        fps: frames per second of the output if the face is a photo, 1 to 240.
        static: use only the first frame of a video.
        resize_factor: downscale each frame by this factor first.
        rotate: then rotate it clockwise by 90 degrees.
        crop: then keep this part: top, bottom, left, right in pixels; -1 means up to the edge.
        box: the face in every frame: top, bottom, left, right in pixels. Turns detection and `pads`
            off. (-1, -1, -1, -1): faces are detected.
        face_crop: where a detected face is cut out. "s3fd": at its level box, as published. "aligned":
            turned with the head, of a size that the mouth does not change. "auto": as the generator
            was trained.
        pads: margins added to the box of a detected face: top, bottom, left, right in pixels. Aligned
            crops have none.
        smooth: average the box of a face over a few frames.
        max_yaw: degrees by which a head may be turned to the side. Beyond it the face fades to the
            source, which stays as it is. 90: no limit.
        keep_occluders: leave hands, microphones and hair before the mouth as they are in the source; if
            they cover most of the mouth, the face fades to the source.
        faces: which faces are animated: "largest", "all", or their number.
        detector: "auto" or the name of a face detector.
        detector_weights: file with the detector's weights; None: the default ones.
        motion: factor on the motion of the mouth, 0 to 2. Only for generators that move a mesh.
        neutral_reference: render each face in silence first and use the result as the reference, so
            that the mouth of the source does not show through. Costs a second pass. Only for
            generators that warp.
        mute_pauses: fade the mel of pauses to silence, so that noise, music without voice and
            breath do not move the mouth. Only for generators that warp.
        denoise: compute the mel from audio without noise, by RNNoise; the audio of the output stays
            as it is. Requires the extra `denoise`.
        blend: how the mouth is pasted back: "feather", "box" or "poisson".
        engine: library that runs the generator: "torch", "onnxruntime" or "openvino"; "auto": torch for a checkpoint of
            torch, and for an exported one the fastest that is installed. The bundled generator comes in both forms;
            torch runs it on a GPU for which ONNX Runtime has no provider.
        provider: execution provider of ONNX Runtime ("cuda", "coreml", ...) or device of OpenVINO; "auto": as the
            device says.
        batch_size: largest number of faces in one batch. Does not change the result.
        codec: video codec; None: libx264, and libvpx-vp9 in .webm.
        crf: constant rate factor of the encoder, 0 (best) to 51.
        preset: the encoder's name for its speed, for example "medium"; None: its default.
        cache: store detected faces on disk and reuse them for the same file.

    Raises:
        InputError: a value is out of range. The message names the field.

    Examples:
        >>> Settings(fps=30, pads=(0, 20, 0, 0)).rate
        Fraction(30, 1)
        >>> Settings(fps=0)
        Traceback (most recent call last):
        ...
        wav2lip.errors.InputError: fps must be 1 to 240, not 0
    """

    fps: float = 25.0
    static: bool = False
    resize_factor: int = 1
    rotate: bool = False
    crop: FourInts = WHOLE
    box: FourInts = UNSET_BOX
    face_crop: str = AUTO
    pads: FourInts = (0, 10, 0, 0)
    smooth: bool = True
    max_yaw: float = 50.0
    keep_occluders: bool = True
    faces: str | int = "largest"
    detector: str = "auto"
    detector_weights: str | None = None
    motion: float = 1.0
    neutral_reference: bool = True
    mute_pauses: bool = True
    denoise: bool = False
    blend: str = "feather"
    engine: str = AUTO
    provider: str = AUTO
    batch_size: int = 128
    codec: str | None = None
    crf: int = 18
    preset: str | None = None
    cache: bool = True

    def __post_init__(self) -> None:
        check_fields(self, RULES)
        for name in ("crop", "box"):
            top, bottom, left, right = sides = getattr(self, name)
            if (top >= bottom != -1) or (left >= right != -1):
                shown = " ".join(map(str, sides))
                raise InputError(
                    f"{name} {shown} (top bottom left right) is empty; top must be above bottom, left before right",
                    settings=(name,),
                )

    @property
    def finds_faces(self) -> bool:
        """Whether faces are detected; if not, `box` is the face in every frame."""
        return self.box == UNSET_BOX

    def crop_kind(self, trained: CropKind) -> CropKind:
        """Return the kind of crop; `trained` is the generator's."""
        return next((kind for kind in CROP_KINDS if kind == self.face_crop), trained)

    @property
    def rate(self) -> Fraction:
        """`fps` as a fraction: 29.97 is 30000/1001."""
        film = Fraction(round(self.fps * 1001 / 1000) * 1000, 1001)
        near = abs(float(film) - self.fps) < 0.005 and self.fps != round(self.fps)
        return film if near else Fraction(self.fps).limit_denominator(1001)

    def prepare(self, picture: Picture) -> Picture:
        """Resize, rotate and crop a frame, in the order of the published script.

        Raises:
            InputError: `crop` does not lie inside the frame.
        """
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
            _check_inside("crop", (top, bottom, left, right), (height, width))
            image = np.ascontiguousarray(image[top:bottom, left:right])
        return Picture.of(image, picture.colours)

    def fixed_box(self, size: tuple[int, int]) -> Box:
        """Return `box` as x0, y0, x1, y1 (4,) in pixels.

        Args:
            size: height and width of the frame in pixels.

        Raises:
            InputError: `box` does not lie inside the frame.
        """
        _check_inside("box", self.box, size)
        top, bottom, left, right = self.box
        return np.array([left, top, right, bottom], np.float32)


def _check_inside(name: str, sides: FourInts, size: tuple[int, int]) -> None:
    top, bottom, left, right = sides
    height, width = size
    if not (0 <= top < bottom <= height and 0 <= left < right <= width):
        raise InputError(
            f"{name} {top} {bottom} {left} {right} (top bottom left right) must lie inside the "
            f"frame, which is {width} wide and {height} high",
            settings=(name,),
        )
