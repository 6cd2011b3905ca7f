import re

import numpy as np
import pytest

from wav2lip.errors import InputError
from wav2lip.utils.arrays import read_arrays


def test_arrays_come_in_the_order_of_their_names(tmp_path):
    np.savez(tmp_path / "two.npz", a=np.arange(3), b=np.eye(2, dtype=np.float32))
    b, a = read_arrays(tmp_path / "two.npz", "b", "a")
    assert a.tolist() == [0, 1, 2]
    assert b.tolist() == [[1, 0], [0, 1]]


def test_a_missing_file_is_named(tmp_path):
    path = tmp_path / "none.npz"
    with pytest.raises(InputError, match=f"^{re.escape(str(path))}: no such file; install"):
        read_arrays(path, "a")


@pytest.mark.parametrize("keep", [0, 1, 40, 200, 400])
def test_a_cut_file_is_one_line(tmp_path, keep):
    path = tmp_path / "cut.npz"
    np.savez_compressed(path, a=np.random.default_rng(0).normal(size=50))
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(InputError, match=r"cut\.npz: damaged; install the package again$"):
        read_arrays(path, "a")


def test_changed_bytes_another_format_and_pickles_are_one_line(tmp_path):
    path = tmp_path / "a.npz"
    np.savez_compressed(path, a=np.random.default_rng(0).normal(size=50))
    data = bytearray(path.read_bytes())
    data[120:140] = bytes(20)
    contents = [bytes(data), b"some text", path.read_bytes()]
    for content, name in zip(contents, ("a", "a", "b"), strict=True):
        path.write_bytes(content)
        with pytest.raises(InputError, match="damaged"):
            read_arrays(path, name)
    np.savez(path, a=np.array([{}], dtype=object))
    with pytest.raises(InputError, match="damaged"):
        read_arrays(path, "a")
