"""Meshes that were fitted, by the content of the crop. Their points are kept on the disk."""

import hashlib
import logging
import zipfile
from collections.abc import Iterator
from typing import IO

import numpy as np
from numpy.typing import NDArray

from wav2lip.errors import OutputError
from wav2lip.faces.mesh import FaceMesh, Points
from wav2lip.types import LANDMARKS, Image
from wav2lip.utils.spool import Spool

DIGEST = 16  # bytes of a hash
STEPS = 128  # landmarks are kept in steps of 1/128 px of the mesh's crop
MESH_VERSION = b"mesh 1"  # part of the hash of a crop
EDGE = 255.0  # px; points further out of the crop do not fit into 16 bits and are not cached
STORED = np.dtype("<i2")  # of a coordinate
SHAPE = (LANDMARKS, 3)
BYTES = LANDMARKS * 3 * STORED.itemsize  # of a mesh
AT_ONCE = 256  # meshes that are copied together

log = logging.getLogger(__name__)


class StoredMeshes:
    """Meshes by the hash of their crop."""

    def __init__(self) -> None:
        self._points = Spool()
        self._known: dict[bytes, tuple[int, float]] = {}  # place of the points, and presence
        self._full = False

    def __len__(self) -> int:
        return len(self._known)

    def clear(self) -> None:
        """Forget all meshes."""
        self._points.close()
        self._points, self._known = Spool(), {}

    def get(self, key: bytes) -> tuple[Points, float] | None:
        """Return the points (468, 3) in pixels of the crop, and presence; None for an unknown crop."""
        if key not in self._known:
            return None
        place, presence = self._known[key]
        steps = np.frombuffer(self._points.read(place, BYTES), STORED).reshape(SHAPE)
        return steps.astype(np.float32) / np.float32(STEPS), presence

    def add(self, key: bytes, points: Points, presence: float) -> None:
        """Store a mesh, rounded to 1/128 px. If the disk is full, it is not stored."""
        self._add(key, np.rint(points * STEPS).astype(STORED).tobytes(), presence)

    def _add(self, key: bytes, stored: bytes, presence: float) -> None:
        if self._full or key in self._known:
            return
        try:
            self._known[key] = self._points.add(stored), presence
        except OutputError as error:
            self._full = True
            log.warning("landmarks not cached: %s", error)

    def read(
        self, crops: NDArray[np.uint8], points: IO[bytes], presence: NDArray[np.float32]
    ) -> None:
        """Add the meshes of a cache file.

        Args:
            crops: (N, 16) hashes.
            points: an array file of numpy, (N, 468, 3) int16.
            presence: (N,).

        Raises:
            ValueError: the file is of another kind, or ends early.
        """
        if np.lib.format.read_magic(points) != (1, 0):
            raise ValueError("another format")
        shape, _, dtype = np.lib.format.read_array_header_1_0(points)
        if shape != (len(crops), *SHAPE) or dtype != STORED or len(presence) != len(crops):
            raise ValueError("no meshes")
        for crop, there in zip(crops, presence.tolist(), strict=True):
            stored = points.read(BYTES)
            if len(stored) < BYTES:
                raise ValueError("ends early")
            self._add(crop.tobytes(), stored, there)

    def write(self, archive: zipfile.ZipFile) -> None:
        """Write the arrays `crops`, `points` and `presence` into a file of numpy's format npz."""
        keys = np.frombuffer(b"".join(self._known), np.uint8).reshape(-1, DIGEST)
        presence = np.array([there for _, there in self._known.values()], np.float32)
        for name, array in (("crops", keys), ("presence", presence)):
            with archive.open(f"{name}.npy", "w", force_zip64=True) as file:
                np.lib.format.write_array(file, array, allow_pickle=False)
        header = {"descr": STORED.str, "fortran_order": False, "shape": (len(keys), *SHAPE)}
        with archive.open("points.npy", "w", force_zip64=True) as file:
            np.lib.format.write_array_header_1_0(file, header)
            for part in self._parts():
                file.write(part)

    def _parts(self) -> Iterator[bytes]:
        """Yield the points in the order of the hashes, which is that of their places."""
        for place in range(0, BYTES * len(self._known), BYTES * AT_ONCE):
            yield self._points.read(place, min(BYTES * AT_ONCE, BYTES * len(self._known) - place))


class CachedMesh(FaceMesh):
    """A face mesh that remembers its results by the content of the crop.

    Args:
        known: the results; new ones are added.

    Attributes:
        fits_run: crops to which the mesh was fitted.
    """

    def __init__(self, known: StoredMeshes) -> None:
        super().__init__()
        self._known = known
        self.fits_run = 0

    def fit_crop(self, crop: Image) -> tuple[Points, float]:
        content = np.ascontiguousarray(crop).data
        key = hashlib.blake2b(content, digest_size=DIGEST, person=MESH_VERSION).digest()
        found = self._known.get(key)
        if found is not None:
            return found
        points, presence = super().fit_crop(crop)
        self.fits_run += 1
        if np.abs(points).max() <= EDGE:
            self._known.add(key, points, presence)
            points = (np.rint(points * STEPS) / STEPS).astype(
                np.float32
            )  # as the next run reads it
        return points, presence
