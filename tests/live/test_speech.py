from fractions import Fraction

import numpy as np
import pytest

from wav2lip.engines.motion_reader import MotionReader
from wav2lip.errors import InputError
from wav2lip.live.speech import Speech, SpeechSettings
from wav2lip.media.alignment import MelArray
from wav2lip.media.mel import mel_spectrogram

OPEN = SpeechSettings(sample_rate=16_000, mute_pauses=False)


def _sound(seconds: float, rate: int = 16_000) -> np.ndarray:
    return np.random.default_rng(0).normal(0, 0.1, round(seconds * rate)).astype(np.float32)


@pytest.mark.parametrize("block", [1, 2, 5])
@pytest.mark.parametrize("fps", [25, Fraction(30000, 1001)])
def test_motion_equals_that_of_the_file(engine, block, fps):
    wav = _sound(1.21)
    times = np.arange(int(1.21 * fps)) / float(fps)
    expected = MotionReader(MelArray(mel_spectrogram(wav)), engine).at(times)
    speech = Speech(
        engine.reach, engine.channels, SpeechSettings(Fraction(fps), 16_000, mute_pauses=False)
    )
    rng = np.random.default_rng(block)
    found, at = [], 0
    while len(found) < len(times):
        size = int(rng.integers(1, 900))
        speech.push(wav[at : at + size], 16_000)
        at += size
        if at >= len(wav):
            speech.end()
        while len(found) < len(times) and speech.known(len(found) + block - 1):
            window = speech.window(len(found), block)
            found += list(window.coefficients(engine.motion(window.audio)))
    np.testing.assert_allclose(found[: len(times)], expected, atol=1e-5)


def test_a_window_does_not_depend_on_how_much_is_there(engine):
    wav = _sound(2)
    windows = []
    for pushed in (8000, 32_000):
        speech = Speech(engine.reach, engine.channels, SpeechSettings(sample_rate=16_000))
        speech.push(wav[:pushed], 16_000)
        windows.append([speech.window(frame, 2).audio for frame in (0, 2, 4)])
    for less, more in zip(*windows, strict=True):
        np.testing.assert_array_equal(less, more)


def test_the_future_that_a_frame_needs(engine):
    assert engine.reach == (2, 2)
    speech = Speech(engine.reach, engine.channels, OPEN)
    assert speech.horizon(0) == (0, 0, 6)
    assert speech.horizon(10) == (15, 16, 38)  # 0.4 s; column 37 ends at 0.4875 s
    speech.push(np.zeros(7799, np.float32), 16_000)
    assert not speech.known(10)
    speech.push(np.zeros(1, np.float32), 16_000)
    assert speech.known(10)


def test_less_lookahead_waits_less(engine):
    speech = Speech(
        engine.reach, engine.channels, SpeechSettings(sample_rate=16_000, lookahead=0.05)
    )
    assert speech.horizon(10)[2] == 35
    speech.push(_sound(0.45), 16_000)
    assert speech.known(10)
    assert speech.window(10, 1).audio.shape == (80, 12)


def test_rates_may_change_and_sound_comes_out_at_one(engine):
    speech = Speech(engine.reach, engine.channels, SpeechSettings(sample_rate=24_000))
    speech.push(_sound(0.5, 44_100), 44_100)
    speech.push(_sound(0.5, 8000), 8000)
    speech.end()
    assert speech.frames == 25
    assert abs(speech.pending - 24_000) <= 2
    assert np.abs(speech.sound(0, 960)).max() > 0.05
    assert (speech.sound(24_010, 24_100) == 0).all()


def test_a_cut_forgets_the_rest(engine):
    speech = Speech(engine.reach, engine.channels, OPEN)
    speech.push(_sound(1), 16_000)
    speech.cut(640 * 4)
    assert (speech.frames, speech.ended) == (4, True)
    assert (speech.sound(640 * 4, 640 * 5) == 0).all()
    assert speech.window(4, 2).audio.shape[0] == 80


def test_voice_is_told_from_silence(engine, speech_wav):
    from wav2lip.media.audio import load_wav

    voice = load_wav(speech_wav)[16_000 : 3 * 16_000]
    speech = Speech(engine.reach, engine.channels, SpeechSettings(sample_rate=16_000))
    speech.push(
        np.concatenate([np.zeros(16_000, np.float32), voice, np.zeros(32_000, np.float32)]), 16_000
    )
    voiced = [speech.window(frame, 1).voiced[0] for frame in range(110)]
    assert not any(voiced[:20])
    assert all(voiced[27:73])
    assert not any(voiced[100:])


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"sample_rate": 10}, "sample_rate must be 1000 to 768000 Hz, not 10; take 48000"),
        ({"lookahead": 0.01}, r"lookahead must be 0\.05 to 2 seconds, not 0\.01"),
        ({"lookahead": float("nan")}, r"lookahead must be 0\.05 to 2 seconds, not nan"),
    ],
)
def test_values_out_of_range_are_refused(values, message):
    with pytest.raises(InputError, match=message):
        SpeechSettings(**values)
