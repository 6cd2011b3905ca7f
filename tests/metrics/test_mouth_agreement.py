import numpy as np
import pytest

from tests.meshes import talking
from wav2lip.metrics import range_ratio, shape_correlation
from wav2lip.metrics.mouth_agreement import concordance

TRUE, OTHER = talking(), talking(seed=1)


def test_the_true_mouth_agrees_with_itself_at_any_scale():
    assert shape_correlation(TRUE, TRUE) == pytest.approx(1)
    assert shape_correlation(0.3 + 0.5 * TRUE, TRUE) == pytest.approx(1)
    assert shape_correlation(1 - TRUE, TRUE) == pytest.approx(-1)
    assert range_ratio(0.3 + 0.5 * TRUE, TRUE) == pytest.approx(0.5)


def test_correlation_falls_with_the_share_of_another_mouth():
    found = [
        shape_correlation((1 - share) * TRUE + share * OTHER, TRUE)
        for share in (0, 0.25, 0.5, 0.75, 1)
    ]
    assert found == sorted(found, reverse=True)
    assert abs(found[-1]) < 0.3


def test_the_range_falls_with_the_motion():
    found = [range_ratio(share * TRUE, TRUE) for share in (0, 0.25, 0.5, 1, 1.5)]
    assert found == pytest.approx([0, 0.25, 0.5, 1, 1.5])


def test_a_frozen_mouth_follows_nothing_and_a_frozen_reference_tells_nothing():
    frozen = np.full(len(TRUE), 0.1)
    assert shape_correlation(frozen, TRUE) == 0
    assert range_ratio(frozen, TRUE) == pytest.approx(0)
    assert np.isnan(shape_correlation(TRUE, frozen))
    assert np.isnan(range_ratio(TRUE, frozen))


def test_frames_without_a_mesh_do_not_count():
    made = OTHER.copy()
    made[:50] = TRUE[:50]
    made[50:] = np.nan
    assert shape_correlation(made, TRUE) == pytest.approx(1)
    assert range_ratio(made, TRUE) == pytest.approx(1)
    made[8:] = np.nan
    assert np.isnan(shape_correlation(made, TRUE))
    with pytest.raises(ValueError, match="99 and 100 frames differ"):
        range_ratio(TRUE[1:], TRUE)


def test_concordance_also_asks_for_range_and_mean():
    assert concordance(TRUE, TRUE) == pytest.approx(1)
    spread = TRUE.std()
    assert concordance(TRUE + spread, TRUE) == pytest.approx(2 / 3)  # 2 s² / (2 s² + s²)
    half = TRUE.mean() + 0.5 * (TRUE - TRUE.mean())
    assert concordance(half, TRUE) == pytest.approx(0.8)  # 2 * 0.5 / (1 + 0.25)
    assert np.isnan(concordance(TRUE[:5], TRUE[:5]))
