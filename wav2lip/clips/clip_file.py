"""The clip file: one face track of one video at a constant frame rate, as a safetensors file.

    jpeg          uint8 (N,)      all crops as JPEG, one after another
    jpeg_offsets  int64 (F+1,)    crop f is jpeg[jpeg_offsets[f]:jpeg_offsets[f+1]]
    boxes         float32 (F, 4)  face boxes x0 y0 x1 y1 in the source frames, pixels
    roll          float32 (F,)    degrees by which each crop is turned about its box's centre, clockwise as
                                  seen; only with aligned crops
    landmarks     float16 (F, 468, 3)  the face mesh: shares of the box's width and height along the crop's
                                  axes from its upper left corner, depth in shares of its width; NaN where
                                  it does not fit; may be absent
    times         float64 (F,)    times of the frames in the source video, seconds
    mel           float32 (M, 80) column 0 is at the time of the first frame; time comes first, so that a
                                  window is one contiguous read
    pcm           int16 (S,)      16 kHz mono, from the time of the first frame

and one JSON metadata entry, `clip`. A crop is the face box widened by `pad` of its side on every side, so
that training can shift it. Format 2 has neither roll nor landmarks. safetensors maps the file: reading a
window leaves the rest untouched.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from safetensors import safe_open
from safetensors.numpy import save

from wav2lip.clips.checks import UNREADABLE, check_layout, jpeg_size, read_metadata
from wav2lip.errors import InputError
from wav2lip.media.alignment import column_seconds
from wav2lip.types import CROP_KINDS, SILENCE, Boxes, CropKind, Image, Mel, Pcm
from wav2lip.utils.files import write_atomically

FORMAT = 3  # 2 had level crops alone; 1 had `shift`, with the opposite sign of `av_shift`
JPEG_QUALITY = 95
LONGEST_REASON = 200  # characters of a reason in a message


def encode_crop(crop: Image) -> bytes:
    """Encode one BGR crop (S, S, 3) as JPEG."""
    done, data = cv2.imencode(".jpg", crop, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    if not done:
        raise InputError(f"a crop of shape {crop.shape} cannot be encoded as JPEG")
    return data.tobytes()


def write_clip(
    path: Path,
    crops: Sequence[bytes],
    boxes: Boxes,
    times: npt.NDArray[np.float64],
    mel: Mel,
    pcm: Pcm,
    metadata: dict[str, Any],
    *,
    roll: npt.NDArray[np.float32] | None = None,
    landmarks: npt.NDArray[np.floating[Any]] | None = None,
) -> None:
    """Write one clip file.

    Args:
        path: the file; its folder is created.
        crops: F crops as JPEG.
        boxes: (F, 4) face boxes in the source frames, pixels.
        times: (F,) times in the source, seconds.
        mel: (M, 80), time first.
        pcm: (S,) at 16 kHz.
        metadata: `source`, `fps`, `crop_size`, `pad`, `face_crop` and, if the sound was shifted,
            `av_shift`.
        roll: (F,) degrees; of aligned crops.
        landmarks: (F, 468, 3) in shares of the box; NaN for a frame without.
    """
    offsets = np.cumsum([0, *map(len, crops)], dtype=np.int64)
    tensors: dict[str, npt.NDArray[Any]] = {
        "jpeg": np.frombuffer(b"".join(crops), dtype=np.uint8),
        "jpeg_offsets": offsets,
        "boxes": np.ascontiguousarray(boxes, dtype=np.float32),
        "times": np.ascontiguousarray(times, dtype=np.float64),
        "mel": np.ascontiguousarray(mel, dtype=np.float32),
        "pcm": np.ascontiguousarray(pcm, dtype=np.int16),
    }
    if roll is not None:
        tensors["roll"] = np.ascontiguousarray(roll, dtype=np.float32)
    if landmarks is not None:
        tensors["landmarks"] = np.ascontiguousarray(landmarks, dtype=np.float16)
    header = {"clip": json.dumps({**metadata, "format": FORMAT})}
    # safetensors' own save_file would write another hidden file, which has no lock, and rename it.
    write_atomically(path, save(tensors, header))


class ClipFile:
    """A clip file, read by windows.

    Args:
        path: the file.

    Attributes:
        metadata: the JSON metadata.
        fps: frames per second.
        frames: number of frames (F).
        crop_size: side of a crop, pixels.
        pad: margin of a crop around the face, share of the face's side.
        face_crop: where faces are cut out, "s3fd" or "aligned"; see `wav2lip.types.CropKind`.
        mel_columns: number of mel columns (M), 80 per second.

    Raises:
        InputError: the file is missing, incomplete, or of a newer format.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        try:
            # torch's tensors lie in the mapped file; numpy's would be copies.
            file: Any = safe_open(self.path, framework="pt")
            metadata = read_metadata(file.metadata() or {})
            self._check_format(metadata)
            self._file = file
            offsets = self._tensor("jpeg_offsets")
            self._jpeg = self._tensor("jpeg")
            self._mel = self._tensor("mel")
            check_layout(file, offsets)
        except FileNotFoundError as error:
            raise InputError(
                f"{path}: missing, although the manifest names it; run preprocess again"
            ) from error
        except UNREADABLE as error:
            reason = " ".join(str(error).split())[:LONGEST_REASON]
            raise InputError(
                f"{path}: not a complete clip file ({reason}); run preprocess again"
            ) from error
        if metadata.get("format", 1) == 1 and "shift" in metadata:
            metadata["av_shift"] = -metadata.pop("shift")  # above 0: the sound was moved earlier
        self.metadata: dict[str, Any] = metadata
        self.fps = float(metadata["fps"])
        self.crop_size = int(metadata["crop_size"])
        self.pad = float(metadata["pad"])
        self.face_crop: CropKind = metadata.get("face_crop", CROP_KINDS[0])
        self._names = frozenset(file.keys())
        self._offsets: list[int] = offsets.tolist()
        self.frames = len(self._offsets) - 1
        self.mel_columns = len(self._mel)

    def _check_format(self, metadata: Mapping[str, Any]) -> None:
        version = metadata.get("format", 1)
        if version > FORMAT:
            raise InputError(
                f"{self.path}: clip file of format {version}, but this version reads up to {FORMAT}; "
                "upgrade wav2lip or run preprocess again"
            )

    def _finite(self, name: str, values: npt.NDArray[Any]) -> npt.NDArray[Any]:
        if not np.isfinite(values).all():
            raise InputError(
                f"{self.path}: {name} holds NaN or infinite numbers; run preprocess again"
            )
        return values

    def _tensor(self, name: str) -> npt.NDArray[Any]:
        array: npt.NDArray[Any] = self._file.get_tensor(name).numpy()
        array.flags.writeable = False
        return array

    def crops(self, frames: npt.NDArray[np.int64]) -> Image:
        """Decode crops.

        Args:
            frames: (N,) frame numbers.

        Returns:
            (N, crop_size, crop_size, 3) BGR.

        Raises:
            InputError: a crop cannot be decoded.
        """
        crops = np.empty((len(frames), self.crop_size, self.crop_size, 3), dtype=np.uint8)
        for position, frame in enumerate(frames):
            crop = cv2.imdecode(self._decodable(frame), cv2.IMREAD_COLOR)
            if crop is None:
                raise InputError(
                    f"{self.path}: frame {frame} cannot be decoded; run preprocess again"
                )
            crops[position] = crop
        return crops

    def thumbnails(self, frames: npt.NDArray[np.int64]) -> Image:
        """Decode grey crops (N, h, w) at an eighth of their size, which JPEG does almost for free."""
        images = [cv2.imdecode(self._decodable(f), cv2.IMREAD_REDUCED_GRAYSCALE_8) for f in frames]
        decoded = [image for image in images if image is not None]
        if len(decoded) < len(images):
            raise InputError(f"{self.path}: a frame cannot be decoded; run preprocess again")
        return np.stack(decoded).astype(np.uint8, copy=False)

    def jpegs(self, first: int, last: int) -> list[bytes]:
        """Return the stored JPEG bytes of crops first to last - 1."""
        return [self._encoded(frame).tobytes() for frame in range(first, last)]

    def _encoded(self, frame: int | np.int64) -> Image:
        return self._jpeg[self._offsets[frame] : self._offsets[frame + 1]]

    def _decodable(self, frame: int | np.int64) -> Image:
        """Return the bytes of a crop whose header states the clip's crop size."""
        data = self._encoded(frame)
        side = jpeg_size(data)
        if side != (self.crop_size, self.crop_size):
            stated = f"{side[1]}x{side[0]}" if side else "no"
            raise InputError(
                f"{self.path}: frame {frame} cannot be decoded: it has {stated} pixels instead of "
                f"{self.crop_size}x{self.crop_size}; run preprocess again"
            )
        return data

    def mel(self, column: int, columns: int) -> Mel:
        """Read mel columns from `column` on as (80, columns); silence beyond either end."""
        length, bands = self._mel.shape
        out = np.full((columns, bands), SILENCE, dtype=np.float32)
        first, last = max(column, 0), min(column + columns, length)
        if first < last:
            out[first - column : last - column] = self._finite("mel", self._mel[first:last])
        return out.T

    @property
    def whole_mel(self) -> Mel:
        """Mel of the whole clip, (80, M): a read-only view of the file."""
        return self._finite("mel", self._mel).T

    def pcm(self) -> Pcm:
        """Read the clip's audio, (S,) at 16 kHz."""
        return self._tensor("pcm")

    def boxes(self) -> Boxes:
        """Read the face boxes in the source frames, (F, 4) in pixels."""
        return self._finite("boxes", self._tensor("boxes"))

    def roll(self) -> npt.NDArray[np.float32]:
        """Read by how much each crop is turned about its box's centre, (F,) in degrees; 0 if level."""
        if "roll" not in self._names:
            return np.zeros(self.frames, np.float32)
        return self._finite("roll", self._tensor("roll"))

    @property
    def has_landmarks(self) -> bool:
        """Whether there are landmarks: they may be left out, or the mesh has fitted nowhere."""
        return "landmarks" in self._names

    def landmarks(self) -> npt.NDArray[np.float16] | None:
        """Read the face mesh of every frame, (F, 468, 3); None if the clip has none.

        Points are in shares of the box's width and height along the crop's axes, from its upper left
        corner; depth is in shares of the width. A frame on which the mesh does not fit is NaN.
        """
        return self._tensor("landmarks") if self.has_landmarks else None

    def times(self) -> npt.NDArray[np.float64]:
        """Read the times of the frames in the source video, (F,) in seconds."""
        return self._finite("times", self._tensor("times"))

    @property
    def duration(self) -> float:
        """Duration in seconds, until video or audio ends."""
        return min(self.frames / self.fps, column_seconds(self.mel_columns))
