import numpy as np
import pytest
from rendered_head import head_pose

from wav2lip.faces.mouth_overlay import MouthOverlay
from wav2lip.faces.mouth_patch import MouthPatch

PATCH = MouthPatch.of_pose(head_pose(), 0.76)
ROWS, COLUMNS = slice(180, 360), slice(100, 300)


def grey(rows, columns, times):
    return np.full((rows * times, columns * times, 4), (64, 64, 64, 0.5), np.float32)


@pytest.mark.parametrize("times", [1, 3])
def test_a_part_lies_where_the_whole_patch_has_it(times):
    whole = np.zeros((72 * times, 96 * times, 4), np.float32)
    whole[20 * times : 30 * times, 40 * times : 60 * times] = grey(10, 20, times)
    rows, columns, expected = MouthOverlay(whole, 0, 0, times).place(PATCH, ROWS, COLUMNS)
    frame = np.zeros((180, 200, 4), np.float32)
    frame[rows, columns] = expected
    part = MouthOverlay(grey(10, 20, times), 20 * times, 40 * times, times)
    rows, columns, found = part.place(PATCH, ROWS, COLUMNS)
    assert found.shape[0] < expected.shape[0] / 2
    assert found[..., 3].max() == pytest.approx(0.5)
    np.testing.assert_allclose(found, frame[rows, columns], atol=1.5)  # in 64
    frame[rows, columns] = 0
    assert frame.max() == 0


def test_outside_of_the_part_nothing_is_covered():
    overlay = MouthOverlay(grey(72, 96, 1), 0, 0, 1)
    for rows, columns in ((slice(0, 20), COLUMNS), (ROWS, slice(390, 400))):
        *_, found = overlay.place(PATCH, rows, columns)
        assert found.shape == (0, 0, 4)
    *_, found = MouthOverlay(np.zeros((0, 0, 4), np.float32), 0, 0, 1).place(PATCH, ROWS, COLUMNS)
    assert found.shape == (0, 0, 4)
