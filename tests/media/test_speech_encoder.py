import numpy as np
import pytest

from wav2lip.media.speech_encoder import BLOCK, BLOCKS, STEP, WINDOW, convolve, encode


@pytest.fixture(scope="module")
def wav():
    samples = np.random.default_rng(0).normal(0, 0.1, STEP * (BLOCKS - 1) + BLOCK)
    return samples.astype(np.float32)


def _tokens(wav):
    return encode([convolve(wav[k * STEP : k * STEP + BLOCK]) for k in range(BLOCKS)])


def test_a_window_of_three_quarters_of_a_second_is_made_of_sixteen_blocks():
    assert (WINDOW, STEP, BLOCK, BLOCKS) == (12_031, 768, 1_087, 16)


def test_a_block_has_four_steps_and_what_the_normalisation_needs(wav):
    found = convolve(wav[:BLOCK])
    assert [value.shape for value in found] == [(576, 4), (16,), (16,)]


def test_tokens_are_those_of_the_network_that_was_divided(wav):
    # Moonshine's own graph on the same window, in int8 like the bundled one, hence the tolerance.
    tokens = _tokens(wav)
    assert tokens.shape == (2, 288)
    expected = [[0.32, -0.17, -0.28, -0.12], [0.54, -0.04, -0.18, -0.07]]
    np.testing.assert_allclose(tokens[:, :4], expected, atol=0.08)
    assert tokens.std() == pytest.approx(0.448, abs=0.01)


def test_sound_before_the_window_makes_no_difference(wav):
    other = wav.copy()
    other[: len(wav) - WINDOW] = 0.5
    np.testing.assert_array_equal(_tokens(other), _tokens(wav))
    other[len(wav) - WINDOW] = 0.9
    assert (_tokens(other) != _tokens(wav)).any()


def test_louder_sound_has_nearly_the_same_tokens(wav):
    # The first activations are normalised; their tanh is nearly linear here.
    one, other = _tokens(0.2 * wav), _tokens(0.1 * wav)
    assert np.corrcoef(one.ravel(), other.ravel())[0, 1] > 0.99


def test_digital_silence_after_a_sound_has_the_tokens_of_silence(wav):
    silence = np.zeros_like(wav)
    expected = _tokens(silence)
    silence[: len(wav) - WINDOW] = wav[: len(wav) - WINDOW]
    np.testing.assert_array_equal(_tokens(silence), expected)
