import numpy as np
import pytest

from wav2lip.data.sampling import (
    even_starts,
    hard_negative,
    hard_negatives,
    sample_starts,
    window_frames,
    window_starts,
)


def test_starts_keep_a_margin_where_the_clip_is_long_enough():
    assert list(window_starts(8)) == [0, 1, 2, 3]
    assert list(window_starts(4)) == []
    assert list(window_starts(12, margin=2)) == [2, 3, 4, 5]
    assert list(window_starts(6, margin=2)) == [0, 1]


@pytest.mark.parametrize(("count", "room", "gap"), [(8, 60, 5), (8, 36, 5), (3, 11, 5), (1, 1, 5)])
def test_sampled_starts_are_as_far_apart_as_asked(count, room, gap):
    for seed in range(30):
        chosen = sample_starts(count, range(2, 2 + room), gap, np.random.default_rng(seed))
        assert chosen.shape == (count,)
        assert chosen.min() >= 2
        assert chosen.max() < 2 + room
        assert (np.diff(np.sort(chosen)) >= gap).all()


def test_the_gap_shrinks_in_a_short_clip():
    chosen = sample_starts(8, range(16), 5, np.random.default_rng(0))
    assert (np.diff(np.sort(chosen)) >= 2).all()
    assert sorted(set(sample_starts(8, range(3), 5, np.random.default_rng(0)))) in (
        [0, 1, 2],
        [0, 1],
        [1, 2],
        [0, 2],
    )


def test_sampled_starts_reach_both_ends_in_random_order():
    draws = [sample_starts(4, range(40), 5, np.random.default_rng(seed)) for seed in range(300)]
    assert min(d.min() for d in draws) == 0
    assert max(d.max() for d in draws) == 39
    assert any((np.diff(d) < 0).any() for d in draws)


def test_validation_windows_are_consecutive_and_central():
    assert even_starts(4, range(10)).tolist() == [3, 4, 5, 6]
    assert even_starts(4, range(2, 4)).tolist() == [2, 3, 3, 3]


def test_negatives_keep_their_distance_or_take_the_farthest():
    for seed in range(50):
        assert abs(hard_negative(10, range(40), 5, np.random.default_rng(seed)) - 10) >= 5
    assert hard_negative(2, range(6), 5, np.random.default_rng(0)) == 5


def test_all_negatives_of_a_window():
    assert hard_negatives(5, range(12), 5).tolist() == [0, 10, 11]
    assert hard_negatives(2, range(6), 5).tolist() == [5]


def test_a_window_played_faster_shows_later_frames_and_never_leaves_the_clip():
    assert window_frames(3, 50).tolist() == [3, 4, 5, 6, 7]
    assert window_frames(3, 50, 1.2).tolist() == [3, 4, 5, 7, 8]
    assert window_frames(3, 50, 0.8).tolist() == [3, 4, 5, 5, 6]
    assert window_frames(45, 50, 1.3).tolist() == [45, 46, 48, 49, 49]
