import numpy as np
import pytest

from wav2lip.media.colour import bgr_to_yuv, yuv_to_bgr

RED = np.array([0, 0, 255, 1])  # BGR


@pytest.mark.parametrize(
    ("space", "full", "codes"),
    [(1, False, [63, 102, 240]), (6, False, [81, 90, 240]), (6, True, [76, 85, 255])],
)
def test_primary_codes_are_the_standards(space, full, codes):
    assert (bgr_to_yuv(space, full) @ RED).clip(0, 255).round().tolist() == codes


def test_a_file_without_a_matrix_is_bt601():
    np.testing.assert_array_equal(bgr_to_yuv(2, False), bgr_to_yuv(6, False))


def test_there_and_back():
    codes = np.append(bgr_to_yuv(9, True) @ RED, 1)
    np.testing.assert_allclose(yuv_to_bgr(9, True) @ codes, RED[:3], atol=1e-9)
