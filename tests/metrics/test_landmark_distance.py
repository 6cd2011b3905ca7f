import numpy as np
import pytest

from tests.meshes import EYES, LOWER_INNER, meshes, talking
from wav2lip.metrics import f_lmd, lmd
from wav2lip.metrics.mouth_shape import inter_ocular
from wav2lip.regions import LIP_POINTS


def test_equal_faces_have_no_distance_wherever_they_are():
    face = meshes(talking())
    unit = inter_ocular(face)
    assert lmd(face, face, unit) == f_lmd(face, face, unit) == 0
    assert lmd(face, meshes(talking(), shift=7.0), unit) == pytest.approx(0, abs=1e-6)
    assert f_lmd(face, meshes(talking(), shift=7.0), unit) == pytest.approx(0, abs=1e-6)


def test_a_known_displacement_has_a_known_distance():
    true, made = meshes([0.1]), meshes([0.1])
    made[0, list(LOWER_INNER), 1] += 10  # 3 of 40 lip points, 3 of 468 points, by 10 px
    for score, count in ((lmd, 40), (f_lmd, 468)):
        centre = 3 * 10 / count
        expected = (3 * (10 - centre) + (count - 3) * centre) / count
        assert score(made, true, np.array([EYES])) == pytest.approx(expected / EYES, rel=1e-5)
        assert score(made, true, np.array([1.0])) == pytest.approx(expected, rel=1e-5)


def test_the_distance_grows_with_the_error_of_the_opening():
    true = talking()
    unit = np.full(len(true), EYES)
    for score in (lmd, f_lmd):
        found = [score(meshes(true + error), meshes(true), unit) for error in (0, 0.02, 0.05, 0.1)]
        assert found == sorted(found)
        assert len(set(found)) == 4


def test_only_frames_with_both_meshes_count():
    true, made = meshes([0.1, 0.1, 0.1]), meshes([0.1, 0.3, 0.3])
    unit = np.full(3, EYES)
    made[1], true[2] = np.nan, np.nan
    assert lmd(made, true, unit) == 0
    made[0] = np.nan
    assert np.isnan(lmd(made, true, unit))
    with pytest.raises(ValueError, match="3, 2 and 3 frames differ"):
        lmd(made, true[:2], unit)


def test_the_lips_have_forty_points():
    assert len(set(LIP_POINTS)) == 40
