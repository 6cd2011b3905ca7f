"""Cache face detections on disk, so that a second run on the same file detects nothing."""

import hashlib
import json
import logging
import zipfile
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np

from wav2lip.checkpoints.downloads import cache_folder
from wav2lip.errors import OutputError
from wav2lip.faces.detectors import Detector
from wav2lip.types import Boxes, Image
from wav2lip.utils.files import AtomicFile, sha256_of

DIGEST = 16  # bytes of a frame's hash

log = logging.getLogger(__name__)


def _read(path: Path) -> dict[bytes, Boxes]:
    """Read a cache file as frame hash -> boxes (N, 5); empty if it is absent or damaged."""
    try:
        with np.load(path, allow_pickle=False) as file:
            frames, counts, boxes = file["frames"], file["counts"], file["boxes"]
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        log.warning("%s: damaged; detecting again", path)
        return {}
    parts = np.split(boxes.astype(np.float32).reshape(-1, 5), np.cumsum(counts)[:-1])
    return {frame.tobytes(): part for frame, part in zip(frames, parts, strict=True)}


class CachedDetector:
    """A detector that caches its results: one file per source file and detector.

        with CachedDetector(detector, "face.mp4") as detector:
            for tracked in track_faces(frames, detector): ...

    Frames are identified by content. Interrupted runs and runs with another stride,
    `resize_factor` or crop therefore share one file, and none gets another's boxes. The file is
    written when the block ends, also after an error.

    Args:
        detector: computes what is not cached.
        source: the file that the frames come from.
        folder: of the cache; `cache_folder()` by default.

    Attributes:
        path: the cache file.
        detections_run: frames on which the detector was run.
    """

    def __init__(
        self, detector: Detector, source: str | Path, folder: str | Path | None = None
    ) -> None:
        self._detector = detector
        self.takes_luma: bool = getattr(detector, "takes_luma", False)
        key = hashlib.sha256(json.dumps(detector.settings(), sort_keys=True).encode())
        key.update(sha256_of(Path(source)).encode())
        where = Path(folder) if folder is not None else cache_folder()
        self.path = where / "faces" / f"{key.hexdigest()}.npz"
        self._known = _read(self.path)
        self.detections_run = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.save()

    def settings(self) -> dict[str, str]:
        """Return the settings of the detector."""
        return self._detector.settings()

    def detect(self, image: Image) -> Boxes:
        """Return the cached boxes of the frame, or run the detector; see `Detector.detect`."""
        return self._cached(image, lambda: self._detector.detect(image))

    def redetect(self, image: Image, known: Boxes) -> Boxes:
        """Do the same for `Detector.redetect`. The known boxes are part of the cache key."""
        return self._cached(image, lambda: self._detector.redetect(image, known), known)

    def _cached(
        self, image: Image, compute: Callable[[], Boxes], known: Boxes | None = None
    ) -> Boxes:
        frame = hashlib.blake2b(np.ascontiguousarray(image).data, digest_size=DIGEST)
        frame.update(repr(image.shape).encode())
        if known is not None:
            frame.update(b"redetect" + known.tobytes())
        key = frame.digest()
        if key not in self._known:
            self._known[key] = compute()
            self.detections_run += 1
        return self._known[key].copy()

    def save(self) -> None:
        """Write the cache file if there are new results. Failure to write is only a warning."""
        if not self.detections_run:
            return
        frames = np.frombuffer(b"".join(self._known), np.uint8).reshape(-1, DIGEST)
        counts = np.array([len(boxes) for boxes in self._known.values()], np.int64)
        boxes = np.concatenate(list(self._known.values()))
        try:
            with AtomicFile(self.path) as new:
                np.savez(new.file, frames=frames, counts=counts, boxes=boxes)
        except OutputError as error:
            log.warning("face detections not cached: %s", error)
