"""Cache face detections and landmarks on disk, so that a second run on the same file detects nothing."""

import hashlib
import json
import logging
import zipfile
from collections.abc import Callable, Iterable
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from wav2lip.checkpoints.downloads import cache_folder
from wav2lip.errors import OutputError
from wav2lip.faces.detectors import Detector
from wav2lip.faces.mesh_cache import DIGEST, CachedMesh, StoredMeshes
from wav2lip.media.picture import Picture
from wav2lip.types import Boxes, Image
from wav2lip.utils.files import AtomicFile, sha256_of

log = logging.getLogger(__name__)


def _digests(known: Iterable[bytes]) -> NDArray[np.uint8]:
    return np.frombuffer(b"".join(known), np.uint8).reshape(-1, DIGEST)


def _read(path: Path, meshes: StoredMeshes) -> dict[bytes, Boxes]:
    """Read a cache file: frame hash -> boxes (N, 5), and the meshes, which are added to `meshes`.

    There are none if the file is absent or damaged.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            frames, counts, boxes = file["frames"], file["counts"], file["boxes"]
            # Without frames there is one empty part.
            parts = np.split(boxes.astype(np.float32).reshape(-1, 5), np.cumsum(counts)[:-1])
            known = {f.tobytes(): part for f, part in zip(frames, parts, strict=False)}
            if "crops" in file:  # else written before there were landmarks
                with zipfile.ZipFile(path) as archive, archive.open("points.npy") as points:
                    meshes.read(file["crops"], points, file["presence"])
            return known
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        log.warning("%s: damaged; detecting again", path)
        meshes.clear()
        return {}


def _frame_hash(image: Image | Picture) -> "hashlib.blake2b":
    """Begin the hash of a frame."""
    frame = hashlib.blake2b(digest_size=DIGEST)
    planes = (image.luma, image.blue, image.red) if isinstance(image, Picture) else (image,)
    for plane in planes:
        frame.update(np.ascontiguousarray(plane).data)
        frame.update(repr(plane.shape).encode())
    if isinstance(image, Picture):
        frame.update(repr(image.colours).encode())
    return frame


class CachedDetector:
    """A detector that caches its results: one file per source file and detector.

        with CachedDetector(detector, "face.mp4") as detector:
            for tracked in track_faces(frames, detector): ...

    Landmarks that are fitted by `mesh` are kept in the same file. Frames are identified by content.
    Interrupted runs and runs with another stride, `resize_factor` or crop therefore share one file,
    and none gets another's boxes. The file is written when the block ends, also after an error.

    Args:
        detector: computes what is not cached.
        source: the file that the frames come from.
        folder: of the cache; `cache_folder()` by default.

    Attributes:
        path: the cache file.
        mesh: for `track_landmarks`.
        detections_run: frames on which the detector was run.
    """

    def __init__(
        self, detector: Detector, source: str | Path, folder: str | Path | None = None
    ) -> None:
        self._detector = detector
        self.takes: str = getattr(detector, "takes", "bgr")
        key = hashlib.sha256(json.dumps(detector.settings(), sort_keys=True).encode())
        key.update(sha256_of(Path(source)).encode())
        where = Path(folder) if folder is not None else cache_folder()
        self.path = where / "faces" / f"{key.hexdigest()}.npz"
        self._meshes = StoredMeshes()
        self._known = _read(self.path, self._meshes)
        self.detections_run = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.save()
        self._meshes.clear()

    @cached_property
    def mesh(self) -> CachedMesh:
        """The mesh whose results are cached beside the boxes."""
        return CachedMesh(self._meshes)

    def settings(self) -> dict[str, str]:
        """Return the settings of the detector."""
        return self._detector.settings()

    def detect(self, image: Image | Picture) -> Boxes:
        """Return the cached boxes of the frame, or run the detector; see `Detector.detect`."""
        return self._cached(image, lambda: self._detector.detect(image))

    def redetect(self, image: Image | Picture, known: Boxes) -> Boxes:
        """Do the same for `Detector.redetect`. The known boxes are part of the cache key."""
        return self._cached(image, lambda: self._detector.redetect(image, known), known)

    def _cached(
        self, image: Image | Picture, compute: Callable[[], Boxes], known: Boxes | None = None
    ) -> Boxes:
        frame = _frame_hash(image)
        if known is not None:
            frame.update(b"redetect" + known.tobytes())
        key = frame.digest()
        if key not in self._known:
            self._known[key] = compute()
            self.detections_run += 1
        return self._known[key].copy()

    def save(self) -> None:
        """Write the cache file if there are new results. Failure to write is only a warning."""
        fits_run = self.mesh.fits_run if "mesh" in self.__dict__ else 0
        if not self.detections_run and not fits_run:
            return
        counts = np.array([len(boxes) for boxes in self._known.values()], np.int64)
        boxes = np.concatenate([np.zeros((0, 5), np.float32), *self._known.values()])
        arrays: dict[str, NDArray[Any]] = {
            "frames": _digests(self._known),
            "counts": counts,
            "boxes": boxes,
        }
        try:
            with AtomicFile(self.path) as new, zipfile.ZipFile(new.file, "w") as archive:
                for name, array in arrays.items():
                    with archive.open(f"{name}.npy", "w") as file:
                        np.lib.format.write_array(file, array, allow_pickle=False)
                self._meshes.write(archive)
        except OutputError as error:
            log.warning("face detections not cached: %s", error)
