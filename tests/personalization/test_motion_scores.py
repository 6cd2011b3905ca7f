import numpy as np
import pytest

from wav2lip.personalization.motion_scores import certainty, score_motion


@pytest.fixture
def motion():
    rng = np.random.default_rng(0)
    steps = np.cumsum(rng.normal(0, 1, (220, 4)), axis=0)
    return (steps[20:] - steps[:-20]) * [1, 0.8, 0.6, 0.4]


def test_true_motion_has_the_best_scores(motion):
    found = score_motion(motion, motion, motion[::-1])
    for name in ("opening", "width", "jaw", "opening_range", "width_range", "concordance"):
        assert getattr(found, name) == pytest.approx(1)
    assert abs(found.other_moment) < 0.2
    assert found.other_voice == pytest.approx(
        score_motion(motion[::-1], motion).correlation, abs=1e-9
    )
    assert found.contrast == pytest.approx(1 - (found.other_moment + found.other_voice) / 2)


def test_half_the_motion_has_half_the_range(motion):
    found = score_motion(0.5 * motion, motion)
    assert found.opening_range == pytest.approx(0.5)
    assert found.correlation == pytest.approx(1)
    assert found.concordance < 0.9
    assert found.contrast == pytest.approx(1 - found.other_moment)  # no other voice was given


def test_motion_of_another_sound_has_no_contrast(motion):
    assert abs(score_motion(np.roll(motion, 70, axis=0), motion).contrast) < 0.25


def test_certainty_is_the_share_of_the_resamples(motion):
    rng = np.random.default_rng(1)
    worse = motion + rng.normal(0, 3, motion.shape)
    assert certainty(worse, motion, motion) == 1
    assert certainty(motion, worse, motion) == 0
    half = np.arange(200)[:, None] < 100
    one, other = np.where(half, worse, motion), np.where(half, motion, worse)
    assert 0 < certainty(one, other, motion) < 1
