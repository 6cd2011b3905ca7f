from itertools import combinations

import numpy as np
import pytest

from tests.meshes import EYES, meshes, talking
from wav2lip.metrics import (
    lip_dynamics,
    lip_sync_error,
    silent_lip_stability,
    speech_and_silences,
)
from wav2lip.regions import LIP_POINTS


def tone(levels):
    """A sound (N,) with that amplitude under each frame."""
    rng = np.random.default_rng(0)
    noise = rng.choice([-1.0, 1.0], 640 * len(levels))
    return (np.repeat(levels, 640) * noise).astype(np.int16)


def test_lip_dynamics_by_the_definition():
    face = meshes(talking(12), width=np.linspace(0.4, 0.5, 12))
    lips = face[:, list(LIP_POINTS)].astype(np.float64) / EYES
    each = [
        np.linalg.norm(lips[:, a] - lips[:, b], axis=1).std() for a, b in combinations(range(40), 2)
    ]
    assert lip_dynamics(face) == pytest.approx(np.mean(each), rel=1e-5)
    face[3] = np.nan
    assert np.isfinite(lip_dynamics(face))
    assert np.isnan(lip_dynamics(face[3:5]))


def test_lip_dynamics_grow_with_the_motion_and_not_with_the_face():
    found = [lip_dynamics(meshes(0.1 + share * talking(40))) for share in (0, 0.3, 0.6, 1)]
    assert found == sorted(found)
    assert found[0] == pytest.approx(0, abs=1e-7)
    assert lip_dynamics(3 * meshes(talking(40))) == pytest.approx(
        lip_dynamics(meshes(talking(40))), rel=1e-5
    )


def test_silences_of_eight_frames_or_more_are_found():
    levels = np.full(50, 8000.0)
    levels[5:12], levels[20:28] = 10, 10
    speech, silences = speech_and_silences(tone(levels), 50)
    assert np.flatnonzero(~speech).tolist() == [*range(5, 12), *range(20, 28)]
    assert np.flatnonzero(silences).tolist() == [*range(20, 28)]
    assert not speech_and_silences(np.zeros(640 * 10, np.int16), 10)[0].any()
    assert speech_and_silences(np.zeros(640 * 10, np.int16), 10)[1].all()
    assert len(speech_and_silences(np.zeros(0, np.int16), 0)[0]) == 0


def test_silent_lip_stability_is_the_median_absolute_deviation():
    opening = np.array([0.5, 0.1, 0.2, 0.4, 0.3, np.nan, 0.9])
    silences = np.array([0, 1, 1, 1, 1, 1, 0], np.bool_)
    assert silent_lip_stability(opening, silences) == pytest.approx(0.1)
    found = [
        silent_lip_stability(share * talking(), np.ones(100, np.bool_)) for share in (0, 0.3, 0.6)
    ]
    assert found[0] == 0
    assert found == sorted(found)
    assert np.isnan(silent_lip_stability(opening, np.zeros(7, np.bool_)))


def test_lip_sync_error_is_the_difference_of_the_scaled_curves():
    levels, opening = np.array([0.0, 5000, 10000]), np.array([0.1, 0.3, 0.2])
    speech = np.ones(3, np.bool_)
    assert lip_sync_error(opening, tone(levels), speech) == pytest.approx(1 / 3, abs=1e-3)
    assert np.isnan(lip_sync_error(opening, tone(levels), np.array([1, 0, 0], np.bool_)))


def test_lip_sync_error_grows_with_the_share_of_another_mouth():
    true, other = talking(), talking(seed=1)
    sound, speech = tone(20_000 * true), np.ones(100, np.bool_)
    found = [
        lip_sync_error((1 - share) * true + share * other, sound, speech) for share in (0, 0.3, 1)
    ]
    assert found == sorted(found)
    assert found[0] == pytest.approx(0, abs=1e-3)
