import zipfile

import numpy as np
import pytest

from wav2lip.errors import OutputError
from wav2lip.faces.mesh_cache import StoredMeshes


def points(value):
    return np.full((468, 3), value, np.float32)


def key(value):
    return bytes([value]) * 16


def test_meshes_come_back_in_steps_of_a_128th():
    meshes = StoredMeshes()
    meshes.add(key(1), points(-3.503), 0.75)
    assert meshes.get(key(2)) is None
    found, presence = meshes.get(key(1))
    assert found.dtype == np.float32
    assert (found == -3.5).all()
    assert presence == 0.75
    meshes.clear()
    assert meshes.get(key(1)) is None


def test_a_file_holds_them(tmp_path):
    meshes = StoredMeshes()
    for value in range(300):
        meshes.add(value.to_bytes(16, "big"), points(value / 2), 0.5)
    path = tmp_path / "a.npz"
    with zipfile.ZipFile(path, "w") as archive:
        meshes.write(archive)
    with np.load(path) as arrays:
        assert arrays["points"].shape == (300, 468, 3)
        assert arrays["points"].dtype == np.int16
        assert (arrays["points"][:, 0, 0] == np.arange(300) * 64).all()
        crops, presence = arrays["crops"], arrays["presence"]
    again = StoredMeshes()
    with zipfile.ZipFile(path) as archive, archive.open("points.npy") as file:
        again.read(crops, file, presence)
    assert len(again) == 300
    assert again.get((299).to_bytes(16, "big"))[0][5, 1] == 149.5
    wrong = StoredMeshes()
    with (
        zipfile.ZipFile(path) as archive,
        archive.open("points.npy") as file,
        pytest.raises(ValueError, match="no meshes"),
    ):
        wrong.read(crops[1:], file, presence[1:])


def test_a_full_disk_is_a_warning(caplog):
    class Full:
        size = 0

        def add(self, record):
            raise OutputError("/tmp: cannot be written: the disk is full; free some space")

    meshes = StoredMeshes()
    meshes._points = Full()
    for value in (1, 2):
        meshes.add(key(value), points(0), 1.0)
    assert len(meshes) == 0
    assert caplog.text.count("landmarks not cached") == 1
