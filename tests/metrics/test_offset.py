import numpy as np
import pytest

from wav2lip.metrics.offset import clip_offset, offset_scores


def embeddings(windows, late, noise, seed=0, dims=16):
    """Lips and the same moments' sound, `late` windows later, each with its own noise and a common part."""
    rng = np.random.default_rng(seed)
    moments = rng.normal(size=(windows + 40, dims))
    lips = moments[20 : 20 + windows] + noise * rng.normal(size=(windows, dims)) + 5
    audio = moments[20 - late : 20 - late + windows] + noise * rng.normal(size=(windows, dims)) - 3
    return lips.astype(np.float32), audio.astype(np.float32)


def test_scores_pair_lips_with_the_sound_around_them():
    lips = np.array([[1.0, 0], [0, 1], [-1, -1]], np.float32)
    scores = offset_scores(lips, lips, 1)
    assert scores.shape == (3, 3)
    assert np.isnan(scores[[0, 2], [0, 2]]).all()
    assert scores[:, 1].tolist() == [1, 1, 2]
    assert scores[0, 2] == 0
    assert scores[1, 2] == -1
    # What is common to the clip does not count.
    assert offset_scores(lips + 7, lips - 2, 1)[:, 1] == pytest.approx([1, 1, 2])


@pytest.mark.parametrize("late", [-10, -3, 0, 1, 8])
def test_a_planted_offset_is_found_with_agreement(late):
    found = clip_offset(offset_scores(*embeddings(100, late, noise=1.0)))
    assert found.av_offset == -late
    assert found.agreement > 0.95
    assert found.sign_agreement == (0.0 if late == 0 else pytest.approx(1, abs=0.05))


def test_sound_of_another_clip_has_no_agreement():
    sure = []
    for seed in range(30):
        lips = embeddings(80, 0, 0.5, seed=seed)[0]
        audio = embeddings(80, 0, 0.5, seed=seed + 1000)[1]
        sure.append(clip_offset(offset_scores(lips, audio)).agreement)
    assert np.mean(np.array(sure) > 0.8) <= 0.1
    assert np.median(sure) < 0.6


def test_a_clip_too_short_to_tell_is_not_told():
    assert clip_offset(offset_scores(*embeddings(19, 0, 0.1))) is None
    assert clip_offset(offset_scores(*embeddings(20, 2, 0.1))).av_offset == -2


def test_the_answer_is_the_same_every_time():
    scores = offset_scores(*embeddings(60, 2, 4.0))
    assert clip_offset(scores) == clip_offset(scores)


def test_blocks_of_longer_windows_are_longer():
    scores = offset_scores(*embeddings(63, 2, 0.1))
    assert clip_offset(scores, block=16) is None
    assert clip_offset(offset_scores(*embeddings(64, 2, 0.1)), block=16).av_offset == -2


def test_silence_has_no_offset_and_no_agreement():
    lips, audio = embeddings(60, 0, 0.1)
    silent = np.repeat(audio[:1] / 7, 60, axis=0)
    assert clip_offset(offset_scores(lips, silent)) == (0, 0, 0)
    assert clip_offset(offset_scores(silent, audio)) == (0, 0, 0)
