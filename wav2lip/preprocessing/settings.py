"""The settings of preprocessing and of the audit, checked once. Imports nothing heavy."""

from dataclasses import dataclass

from wav2lip.errors import InputError
from wav2lip.media.alignment import coinciding_step
from wav2lip.types import CROP_KINDS, MEL_RATE, CropKind
from wav2lip.utils.values import FACES, SIZE, Flag, Number, OneOf, Rule, Whole, check_fields

MAX_FPS = 240  # frames per second
MAX_STEP = 25  # frames; clips start on whole mel columns, which must not drop more frames than this
MAX_FRAMES = 100_000  # of a clip: more than an hour
MAX_DETECT_EVERY = 250  # frames; ten seconds
MAX_PAD = 4  # shares of a face's side
# What each setting may be; the commands check it before they import anything heavy.
RULES: dict[str, Rule] = {
    "fps": Number(1, MAX_FPS),
    "image_size": SIZE,
    "pad": Number(0, MAX_PAD),
    "min_frames": Whole(1, MAX_FRAMES),
    "face_crop": OneOf(CROP_KINDS),
    "landmarks": Flag(),
    "detect_every": Whole(1, MAX_DETECT_EVERY),
    "faces": FACES,
}
AUDIT_RULES: dict[str, Rule] = {
    "fix": Flag(),
    "min_agreement": Number(0, 1),
    "max_shift": Whole(0, MAX_FRAMES),
    "min_frames": Whole(1, MAX_FRAMES),
}
VAL_SHARE = Number(0, 1)


@dataclass(frozen=True)
class ClipSettings:
    """How clips are cut.

    Attributes:
        fps: frames per second of the clips.
        image_size: side of a face, pixels.
        pad: margin of a crop around the face, share of the face's side.
        min_frames: shortest face track to keep, frames.
        face_crop: where faces are cut out. "aligned": turned with the head, of a size that the mouth
            does not change. "s3fd": at their level box, as published.
        landmarks: whether to store the face mesh of every frame, and what it tells in the manifest.
        detect_every: frames between two detections; the tracker interpolates. No effect on aligned
            crops, whose faces are followed by the mesh.
        faces: "largest", "all", or the number of faces to keep per frame.

    Raises:
        InputError: a value is out of range; see `RULES`.
    """

    fps: float = 25.0
    image_size: int = 96
    pad: float = 0.125
    min_frames: int = 15
    face_crop: CropKind = "aligned"
    landmarks: bool = True
    detect_every: int = 5
    faces: str | int = "largest"

    def __post_init__(self) -> None:
        check_fields(self, RULES, "clip.")
        if self.start_step > MAX_STEP:
            raise InputError(
                f"fps={self.fps:g}: its frames rarely coincide with mel columns ({MEL_RATE} per second); "
                "use 25 or 30"
            )

    @property
    def start_step(self) -> int:
        """Frames between two that coincide with a mel column: 5 (16 columns) at 25 fps."""
        return coinciding_step(self.fps)

    @property
    def crop_size(self) -> int:
        """Side of a stored crop, pixels: the face with its margin."""
        return round(self.image_size * (1 + 2 * self.pad))
