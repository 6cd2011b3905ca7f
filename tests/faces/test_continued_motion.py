import numpy as np
import pytest

from wav2lip.faces.continued_motion import continue_motion


def grid(height, width):
    rows, columns = np.mgrid[:height, :width].astype(np.float32)
    return columns, rows


def moved(blank, by, reach):
    own = grid(*blank.shape)
    place = [np.where(blank, np.nan, values).astype(np.float32) for values in (own[0] + by, own[1])]
    continue_motion(place, own, reach)
    return place[0] - own[0], place[1] - own[1]


def test_motion_fades_out_beyond_the_outline():
    blank = np.zeros((40, 60), bool)
    blank[:, 20:] = True
    across, along = moved(blank, 4.0, 20.0)
    np.testing.assert_array_equal(across[:, :20], 4)
    np.testing.assert_array_equal(along, 0)
    left = np.clip(1 - np.arange(40) / 20, 0, 1)
    near = across[20, 20:27], 4 * (left * left * (3 - 2 * left))[:7]
    np.testing.assert_allclose(*near, atol=0.1)
    assert (np.diff(across[20, 20:]) <= 1e-6).all()
    np.testing.assert_allclose(across[20, 39:], 0, atol=1e-6)


def test_motions_of_two_lips_meet_without_a_jump():
    blank = np.zeros((60, 60), bool)
    blank[:, 30:] = True
    by = np.where(np.arange(60)[:, None] < 30, -5.0, 5.0) * np.ones(60)
    across, _ = moved(blank, by, 20.0)
    assert np.abs(np.diff(across[:, 29])).max() == 10
    jumps = np.abs(np.diff(across, axis=0)).max(axis=0)
    assert jumps[33] < 8
    assert jumps[37:].max() < 1.5  # beyond 0.3 of the reach


@pytest.mark.parametrize("value", [True, False])
def test_nothing_to_continue(value):
    across, along = moved(np.full((8, 9), value), 3.0, 5.0)
    np.testing.assert_array_equal(across, 0 if value else 3)
    np.testing.assert_array_equal(along, 0)


def test_a_reach_below_a_pixel():
    blank = np.zeros((8, 9), bool)
    blank[:, 5:] = True
    across, _ = moved(blank, 3.0, 0.5)
    np.testing.assert_array_equal(across[:, 5:], 0)
