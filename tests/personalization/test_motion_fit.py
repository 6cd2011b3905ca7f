from copy import deepcopy

import numpy as np
import pytest
import torch

from wav2lip.personalization.motion_fit import (
    LastLayer,
    fit_motion,
    mean_concordance,
    measures_of,
    range_factor,
    solve,
)
from wav2lip.personalization.speech import Speech, read_speech, silence_features


@pytest.fixture
def numbers():
    """Speech whose motion a changed layer predicts up to noise, the layer before, and the features of silence."""
    rng = np.random.default_rng(0)
    features, silence = rng.normal(1, 1, (500, 10)), rng.normal(0, 1, 10)
    start = LastLayer(rng.normal(0, 0.3, (4, 10)), rng.normal(0, 0.1, 4))
    change = 0.2 * rng.normal(0, 1, (4, 10))
    true = 0.7 * start.predict(features) + (features - silence) @ change.T
    return Speech(features, true + rng.normal(0, 0.1, true.shape)), start, silence


def test_a_change_is_found_and_silence_stays(numbers):
    speech, start, silence = numbers
    layer = solve(start, speech, silence, 1e-6)
    assert np.abs(layer.predict(speech.features) - speech.motion).std() < 0.11
    scale = layer.predict(silence[None])[0] / start.predict(silence[None])[0]
    np.testing.assert_allclose(scale, scale[0], rtol=1e-6)


def test_an_infinite_penalty_changes_the_scale_alone(numbers):
    speech, start, silence = numbers
    layer = solve(start, speech, silence, float("inf"))
    ratio = layer.weight / start.weight
    np.testing.assert_allclose(ratio, ratio[0, 0])
    strong = solve(start, speech, silence, 1e9)
    np.testing.assert_allclose(strong.weight, layer.weight, atol=1e-6)


def test_a_layer_goes_into_the_network_and_comes_back(generator):
    network = deepcopy(generator.motion)
    layer = LastLayer.of(network)
    mel = torch.randn(1, 80, 60, generator=torch.Generator().manual_seed(0))
    before = network(mel)
    layer.scaled(0.5).put_into(network)
    assert network.gain.tolist() == [1.0] * 4
    torch.testing.assert_close(network(mel), 0.5 * before)


def test_with_little_material_the_range_stays_near_that_of_the_start():
    rng = np.random.default_rng(0)
    true = rng.normal(0, 1, (100, 4))
    assert range_factor(true / 8, true, 2 * true) == pytest.approx(16 * 0.5 ** (4 / 5.5))
    long = np.tile(true, (24, 1))
    assert range_factor(long / 8, long, 2 * long) == pytest.approx(16 * 0.5 ** (96 / 97.5))
    assert range_factor(long, long, long / 100) == pytest.approx(3 ** (96 / 97.5) / 100)


def test_a_network_that_knows_nothing_learns_a_person(generator, person):
    start = LastLayer.of(generator.motion)
    speech, test = (read_speech([clip], generator.motion) for clip in person)
    fit = fit_motion(start, speech, silence_features(generator.motion))
    before, after = (
        mean_concordance(layer.predict(test.features), test.motion) for layer in (start, fit.layer)
    )
    assert before < 0.2
    assert after > 0.5
    assert mean_concordance(fit.unseen, speech.motion) > 0.5
    silence = silence_features(generator.motion)[None]
    ratio = fit.layer.predict(silence) / start.predict(silence)
    np.testing.assert_allclose(ratio, ratio[0, 0], rtol=1e-4)


def test_measures_are_those_of_the_basis():
    opens = measures_of(np.array([[1.0, 0, 0, 0]]))[0]
    assert opens[0] > 0.02
