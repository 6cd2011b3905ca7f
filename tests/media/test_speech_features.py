import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wav2lip.media.speech_features import SpeechStream, speech_features
from wav2lip.synthetic.voice import speak


@pytest.fixture(scope="module")
def wav():
    return speak(0, 1.5).wav


@pytest.fixture(scope="module")
def whole(wav):
    return speech_features(wav)


def test_one_column_of_288_channels_for_each_column_of_the_mel(wav, whole):
    assert whole.shape == (288, 1 + len(wav) // 200)
    assert whole.dtype == np.float32


def test_silence_is_minus_4_in_every_channel():
    np.testing.assert_allclose(speech_features(np.zeros(8000, np.float32)), -4, atol=1e-5)


def test_speech_is_far_from_silence(whole):
    assert np.abs(whole + 4).mean() > 1


@settings(max_examples=5, deadline=None)
@given(st.lists(st.integers(0, 24_000), max_size=6))
def test_columns_do_not_depend_on_how_the_sound_is_divided(wav, whole, cuts):
    stream, found = SpeechStream(), []
    done = 0
    for piece in np.split(wav, sorted(cuts)):
        stream.push(piece)
        found.append(stream.read(done, stream.columns))
        done = stream.columns
        stream.discard(done)
    stream.finish()
    found.append(stream.read(done, stream.columns))
    np.testing.assert_array_equal(np.concatenate(found, axis=1), whole)


@pytest.mark.parametrize(
    ("columns", "samples"), [(0, 0), (1, 2431), (5, 2431), (6, 3199), (80, 17791)]
)
def test_how_many_samples_columns_depend_on(columns, samples, wav, whole):
    assert SpeechStream.samples(columns) == samples
    changed = wav.copy()
    changed[samples:] = 0.5
    np.testing.assert_array_equal(speech_features(changed)[:, :columns], whole[:, :columns])


def test_a_column_can_be_read_as_soon_as_its_samples_are_there():
    stream = SpeechStream()
    stream.push(np.zeros(2430, np.float32))
    assert stream.columns == 0
    stream.push(np.zeros(1, np.float32))
    assert stream.columns == 5


def test_digital_silence_is_computed_once():
    start = time.process_time()
    assert speech_features(np.zeros(60 * 16_000, np.float32)).shape == (288, 4801)
    assert time.process_time() - start < 2  # 1250 windows would take six seconds
