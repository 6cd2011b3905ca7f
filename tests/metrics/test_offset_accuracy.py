import numpy as np
import pytest

from wav2lip.metrics.offset_accuracy import offset_accuracy, segment_scores, shift_scores


def vectors(windows, seed=0, dims=64):
    values = np.random.default_rng(seed).normal(size=(windows, dims)).astype(np.float32)
    return values / np.linalg.norm(values, axis=1, keepdims=True)


def test_scores_pair_each_window_with_the_sounds_around_it():
    lips = np.eye(3, dtype=np.float32)
    scores = shift_scores(lips, lips[[1, 2, 0]], 1)
    # Sound 0 is that of lips 1: it comes a frame early, so the shift -1 fits.
    assert scores[1:].tolist() == [[1, 0, 0], [1, 0, pytest.approx(np.nan, nan_ok=True)]]
    assert np.isnan(scores[0, 0])


@pytest.mark.parametrize(
    ("late", "expected"), [(0, (1, 1, 1)), (1, (None, 1, 0)), (3, (None, 0, 0))]
)
def test_a_planted_offset_is_found_and_counts_as_wrong(late, expected):
    moments = vectors(80)
    scores = shift_scores(moments[10:70], moments[10 - late : 70 - late])
    found = offset_accuracy(segment_scores(scores, 1))
    for value, wanted in zip(found, expected, strict=True):
        assert wanted is None or value == wanted


def test_unrelated_sound_is_at_chance():
    scores = shift_scores(vectors(2000, 1), vectors(2000, 2))
    found = offset_accuracy(scores)
    assert found.pairwise == pytest.approx(0.5, abs=0.03)
    assert found.within_1 == pytest.approx(3 / 31, abs=0.03)
    assert found.exact == pytest.approx(1 / 31, abs=0.02)


def test_longer_segments_are_more_reliable():
    moments, noise = vectors(400, 1, 32), 0.3
    rng = np.random.default_rng(3)
    lips, audio = (moments + noise * rng.normal(size=moments.shape) for _ in range(2))
    scores = shift_scores(lips.astype(np.float32), audio.astype(np.float32))
    single, second = (offset_accuracy(segment_scores(scores, n)).within_1 for n in (1, 21))
    assert single < 0.7
    assert second > 0.95


def test_a_flat_row_has_no_offset_and_ties_count_half():
    found = offset_accuracy(np.zeros((4, 31), np.float32))
    assert found == (0.5, 0, 0)


def test_segments_without_all_sounds_count_for_pairs_alone():
    moments = vectors(12)
    found = offset_accuracy(shift_scores(moments, moments))
    assert found.pairwise == 1
    assert np.isnan(found.within_1)
    assert np.isnan(found.exact)
    nothing = offset_accuracy(segment_scores(shift_scores(moments, moments), 50))
    assert all(np.isnan(nothing))
