import numpy as np
import pytest

from wav2lip.errors import InputError
from wav2lip.live.picture_store import PictureStore
from wav2lip.media.colour import BT709
from wav2lip.media.picture import Picture


def _pictures(height: int, width: int) -> list[Picture]:
    rng = np.random.default_rng(0)
    return [Picture.of(rng.integers(0, 256, (height, width, 3), np.uint8), BT709) for _ in range(3)]


@pytest.mark.parametrize("size", [(48, 64), (47, 65)])
def test_pictures_come_back_without_loss_in_any_order(size):
    pictures = _pictures(*size)
    store = PictureStore.of(pictures)
    assert (store.size, len(store)) == (size, 3)
    for index in (2, 0, 1, 1):
        for plane in ("luma", "blue", "red"):
            np.testing.assert_array_equal(
                getattr(store[index], plane), getattr(pictures[index], plane)
            )


def test_unpacked_pictures_are_kept_within_bounds(monkeypatch):
    monkeypatch.setattr("wav2lip.live.picture_store.UNPACKED_BYTES", 1)
    store = PictureStore.of(_pictures(48, 64))
    for index in range(3):
        assert store[index].size == (48, 64)
    assert len(store._unpacked) == 2
    assert store[2] is store[2]


def test_a_damaged_picture_is_named():
    store = PictureStore.of(_pictures(48, 64))
    store.packed = [b"", *store.packed[1:]]
    with pytest.raises(InputError, match="avatar: picture 0 is damaged; make the avatar again"):
        _ = store[0]
