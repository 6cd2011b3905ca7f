import numpy as np

from wav2lip.data.augment import NO_AUGMENT, AugmentSettings, sample_tempo


def rng(seed=0):
    return np.random.default_rng(seed)


def test_the_tempo_is_slower_as_often_as_faster():
    drawn = np.array([sample_tempo(AugmentSettings(tempo=0.1), rng(seed)) for seed in range(400)])
    assert 1 / 1.1 <= drawn.min() < 0.92
    assert 1.08 < drawn.max() <= 1.1
    assert 0.4 < (drawn > 1).mean() < 0.6
    assert sample_tempo(NO_AUGMENT, rng()) == 1.0
