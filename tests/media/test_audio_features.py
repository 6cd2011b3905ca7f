import numpy as np
import pytest

from wav2lip.media.audio_features import audio_features, feature_blocks, open_stream
from wav2lip.media.mel import mel_spectrogram
from wav2lip.media.speech_features import speech_features
from wav2lip.synthetic.voice import speak


@pytest.fixture(scope="module")
def wav():
    return speak(0, 1.2).wav


def test_the_mel_lies_above_the_features_of_speech(wav):
    audio = audio_features(wav, 368)
    assert audio.shape == (368, 1 + len(wav) // 200)
    np.testing.assert_array_equal(audio[:80], mel_spectrogram(wav))
    np.testing.assert_array_equal(audio[80:], speech_features(wav))
    np.testing.assert_array_equal(audio_features(wav), audio[:80])


def test_features_of_speech_come_in_narrow_blocks():
    pieces = [np.zeros(20_000, np.float32), np.zeros(10_000, np.float32)]
    assert [block.shape for block in feature_blocks(pieces, 368)] == [
        (368, 64),
        (368, 64),
        (368, 23),
    ]
    assert [block.shape for block in feature_blocks(pieces)] == [(80, 151)]


def test_the_first_block_is_the_start_of_the_whole(wav):
    first = next(feature_blocks([wav], 368))
    np.testing.assert_array_equal(first, audio_features(wav, 368)[:, :64])


def test_a_stream_waits_for_whatever_needs_more_sound(wav):
    mel, both = open_stream(80), open_stream(368)
    for stream in mel, both:
        stream.push(wav[:4000])
    assert (mel.columns, both.columns) == (19, 12)
    assert (mel.samples(12), both.samples(12)) == (2600, 3967)
    np.testing.assert_array_equal(both.read(-1, 12)[:, 1:], audio_features(wav, 368)[:, :12])


def test_other_channels_are_refused():
    with pytest.raises(ValueError, match="not 100"):
        open_stream(100)
