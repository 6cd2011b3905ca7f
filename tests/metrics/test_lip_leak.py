import numpy as np
import pytest

from tests.meshes import meshes, talking
from wav2lip.metrics import closed_share, lip_leak, lip_leak_curve, mouth_shape


def test_the_share_of_open_frames():
    mar = np.array([0.0, 0.2, 0.25, 0.26, 0.5, np.nan])
    assert lip_leak(mar) == pytest.approx(0.4)
    assert closed_share(mar) == pytest.approx(0.6)
    assert lip_leak(mar, 0.1) == pytest.approx(0.8)
    assert lip_leak_curve(mar, (0.0, 0.22, 0.6)) == pytest.approx([0.8, 0.6, 0])
    assert np.isnan(lip_leak(mar[5:]))


def test_a_frozen_closed_mouth_does_not_leak():
    assert lip_leak(mouth_shape(meshes(np.full(50, 0.02))).mar) == 0


def test_five_levels_of_leak_come_back_in_order():
    found = [
        lip_leak(mouth_shape(meshes(0.02 + share * talking(200))).mar)
        for share in (0, 0.25, 0.5, 0.75, 1)
    ]
    assert found == sorted(found)
    assert len(set(found)) >= 4  # the two lowest may both be 0
    assert found[-1] > 0.5


def test_the_curve_never_rises():
    curve = lip_leak_curve(mouth_shape(meshes(talking())).mar)
    assert (np.diff(curve) <= 0).all()
    assert (curve[0], curve[-1]) == (1, pytest.approx(0, abs=0.2))
