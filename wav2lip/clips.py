"""The clip file and the manifest row: what preprocessing leaves behind and training reads.

One clip file is one face track of one video at a constant frame rate: a safetensors file with

    jpeg          uint8 (N,)      every crop as JPEG, one after another
    jpeg_offsets  int64 (F+1,)    crop f is jpeg[jpeg_offsets[f]:jpeg_offsets[f+1]]
    boxes         float32 (F, 4)  x0 y0 x1 y1 of the face in the source picture, pixels
    times         float64 (F,)    seconds in the source video
    mel           float32 (M, 80) column 0 is the first frame's time; time first, so that a window is
                                  one contiguous read
    pcm           int16 (S,)      16 kHz mono, from the first frame's time

and one JSON metadata entry, `clip`. A crop shows the face box widened by `pad` of its side on every side,
so that training may shift it. safetensors maps the file: a window is read without touching the rest.
"""

import csv
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from wav2lip.errors import InputError
from wav2lip.types import MEL_RATE, SILENCE

FORMAT = 1
JPEG_QUALITY = 95
MANIFEST = "manifest.csv"

Image = npt.NDArray[np.uint8]


@dataclass
class ManifestRow:
    """One clip as later choices need it. `clip` is relative to the manifest's folder."""

    clip: str
    source: str  # the video's path relative to the input root
    speaker: str
    split: str  # train | val | test
    track: int
    start: float  # s in the source
    frames: int
    fps: float
    face: float  # side of the face box, px, median
    coverage: float  # share of the source's frames that the track covers
    sharpness: float  # variance of the Laplacian of the lower half at 96 px, median
    loudness: float  # dBFS, root mean square
    offset: str = ""  # frames that the sound comes late, where measured
    confidence: str = ""


def write_manifest(path: Path, rows: Iterable[ManifestRow]) -> None:
    """Write rows as CSV, sorted by clip so that the order of work leaves no trace."""
    temporary = path.with_name(path.name + ".part")
    with temporary.open("w", newline="") as file:
        writer = csv.DictWriter(file, [f.name for f in fields(ManifestRow)])
        writer.writeheader()
        writer.writerows(asdict(row) for row in sorted(rows, key=lambda row: row.clip))
    temporary.replace(path)


def read_manifest(path: Path) -> list[ManifestRow]:
    """Rows of a manifest, given the file or its folder; InputError where it is missing or no manifest."""
    path = path / MANIFEST if path.is_dir() else path
    if not path.is_file():
        raise InputError(f"{path}: no manifest there; run preprocess.py first or correct the path")
    known = {field.name: field.type for field in fields(ManifestRow)}
    rows = []
    try:
        with path.open(newline="") as file:
            reader = csv.DictReader(file, restval="")
            missing = set(known) - set(reader.fieldnames or ())
            if missing:
                column = sorted(missing)[0]
                raise InputError(f"{path}: not a manifest: column {column!r} is missing")
            for values in reader:
                typed = {name: kind(values[name]) for name, kind in known.items()}  # type: ignore[operator]
                rows.append(ManifestRow(**typed))
    except (csv.Error, ValueError) as error:  # a UnicodeDecodeError is a ValueError
        raise InputError(f"{path}: line {len(rows) + 2} cannot be read: {error}") from error
    return rows


def encode_crop(crop: Image) -> bytes:
    """JPEG bytes of one BGR crop."""
    done, data = cv2.imencode(".jpg", crop, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    if not done:
        raise InputError(f"a crop of shape {crop.shape} cannot be encoded as JPEG")
    return data.tobytes()


def write_clip(
    path: Path,
    crops: Sequence[bytes],
    boxes: npt.NDArray[np.float32],
    times: npt.NDArray[np.float64],
    mel: npt.NDArray[np.float32],
    pcm: npt.NDArray[np.int16],
    metadata: dict[str, Any],
) -> None:
    """Write one clip file; crops (F) as JPEG bytes, boxes (F,4), times (F,), mel (M,80), pcm (S,)."""
    offsets = np.cumsum([0, *map(len, crops)], dtype=np.int64)
    tensors: dict[str, npt.NDArray[Any]] = {
        "jpeg": np.frombuffer(b"".join(crops), dtype=np.uint8),
        "jpeg_offsets": offsets,
        "boxes": np.ascontiguousarray(boxes, dtype=np.float32),
        "times": np.ascontiguousarray(times, dtype=np.float64),
        "mel": np.ascontiguousarray(mel, dtype=np.float32),
        "pcm": np.ascontiguousarray(pcm, dtype=np.int16),
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(path.name + ".part")
    save_file(tensors, temporary, {"clip": json.dumps({"format": FORMAT, **metadata})})
    temporary.replace(path)


class ClipFile:
    """One clip, read by windows.

    Attributes: `fps`, `frames` (F), `crop_size`, `pad` (the crop's margin as a share of the face's side)
    and `mel_columns` (M, at MEL_RATE a second).
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        try:
            # torch's tensors lie in the mapped file; numpy's would be copies.
            file: Any = safe_open(self.path, framework="pt")
            metadata = json.loads((file.metadata() or {})["clip"])
            self._file = file
            self._offsets = self._tensor("jpeg_offsets").tolist()
            self._jpeg = self._tensor("jpeg")
            self._mel = self._tensor("mel")
        except FileNotFoundError as error:
            raise InputError(
                f"{path}: missing; the manifest points nowhere, run preprocess.py again"
            ) from error
        except (SafetensorError, KeyError, OSError, ValueError) as error:
            raise InputError(
                f"{path}: not a whole clip file ({error}); run preprocess.py again"
            ) from error
        self.metadata: dict[str, Any] = metadata
        self.fps = float(metadata["fps"])
        self.crop_size = int(metadata["crop_size"])
        self.pad = float(metadata["pad"])
        self.frames = len(self._offsets) - 1
        self.mel_columns = len(self._mel)

    def _tensor(self, name: str) -> npt.NDArray[Any]:
        array: npt.NDArray[Any] = self._file.get_tensor(name).numpy()
        array.flags.writeable = False
        return array

    def crops(self, frames: npt.NDArray[np.int64]) -> Image:
        """Crops of the given frames (N,), as (N, crop_size, crop_size, 3) uint8 BGR."""
        pictures = np.empty((len(frames), self.crop_size, self.crop_size, 3), dtype=np.uint8)
        for position, frame in enumerate(frames):
            picture = cv2.imdecode(self._coded(frame), cv2.IMREAD_COLOR)
            if picture is None:
                raise InputError(
                    f"{self.path}: frame {frame} cannot be decoded; run preprocess.py again"
                )
            pictures[position] = picture
        return pictures

    def thumbnails(self, frames: npt.NDArray[np.int64]) -> Image:
        """Grey crops at an eighth of their size, (N, h, w): JPEG decodes those for almost nothing."""
        small = [cv2.imdecode(self._coded(f), cv2.IMREAD_REDUCED_GRAYSCALE_8) for f in frames]
        whole = [picture for picture in small if picture is not None]
        if len(whole) < len(small):
            raise InputError(f"{self.path}: a frame cannot be decoded; run preprocess.py again")
        return np.stack(whole).astype(np.uint8, copy=False)

    def jpegs(self, first: int, last: int) -> list[bytes]:
        """Crops first..last-1 as the JPEG bytes that are stored."""
        return [self._coded(frame).tobytes() for frame in range(first, last)]

    def _coded(self, frame: int | np.int64) -> Image:
        return self._jpeg[self._offsets[frame] : self._offsets[frame + 1]]

    def mel(self, column: int, columns: int) -> npt.NDArray[np.float32]:
        """Mel columns column..column+columns-1 as (80, columns); silence beyond either end."""
        length, bands = self._mel.shape
        out = np.full((columns, bands), SILENCE, dtype=np.float32)
        first, last = max(column, 0), min(column + columns, length)
        if first < last:
            out[first - column : last - column] = self._mel[first:last]
        return out.T

    @property
    def whole_mel(self) -> npt.NDArray[np.float32]:
        """Mel of the whole clip, (80, M): a read-only view of the file."""
        return self._mel.T

    def pcm(self) -> npt.NDArray[np.int16]:
        """The clip's sound, (S,) int16 at 16 kHz."""
        return self._tensor("pcm")

    def boxes(self) -> npt.NDArray[np.float32]:
        """Face boxes in the source picture, (F, 4)."""
        return self._tensor("boxes")

    def times(self) -> npt.NDArray[np.float64]:
        """Seconds of the frames in the source video, (F,)."""
        return self._tensor("times")

    @property
    def seconds(self) -> float:
        """Duration of picture and sound together, whichever ends first."""
        return min(self.frames / self.fps, self.mel_columns / MEL_RATE)
