import hashlib
from pathlib import Path

import numpy as np
import pytest

from wav2lip.errors import InputError
from wav2lip.media.audio import load_wav
from wav2lip.media.voice_activity import MODEL, VoiceActivity, voice_activity

SPEECH = Path(__file__).resolve().parents[2] / "data" / "speech.wav"


@pytest.fixture(scope="module")
def speech() -> np.ndarray:
    return load_wav(SPEECH)


@pytest.fixture(scope="module")
def probabilities(speech: np.ndarray) -> np.ndarray:
    return voice_activity([speech])


def test_the_network_is_the_published_one() -> None:
    assert hashlib.sha256(MODEL.read_bytes()).hexdigest() == (
        "9ccdacc4719d8aa7e45a77536bfabec45a03ba1f2fad5e241ab4060b24238a85"
    )
    assert "MIT License" in MODEL.with_suffix(".LICENSE").read_text()


def test_probabilities_of_the_sample(probabilities: np.ndarray) -> None:
    assert probabilities.shape == (327,)  # 167,040 samples
    assert probabilities.dtype == np.float32
    expected = [0.0129, 0.9999, 0.9999, 1.0, 1.0, 0.9999, 1.0, 0.0261, 1.0, 0.9999, 0.9938]
    assert probabilities[::32] == pytest.approx(expected, abs=0.002)
    assert (probabilities > 0.5).sum() == pytest.approx(281, abs=1)


@pytest.mark.parametrize("size", [160, 511, 512, 513, 4_800])
def test_a_stream_equals_the_file_to_the_bit(
    speech: np.ndarray, probabilities: np.ndarray, size: int
) -> None:
    activity = VoiceActivity()
    for _ in range(2):  # `finish` leaves it ready for the next sound
        parts = [activity.push(speech[i : i + size]) for i in range(0, len(speech), size)]
        parts.append(activity.finish())
        np.testing.assert_array_equal(np.concatenate(parts), probabilities)


def test_what_follows_does_not_change_what_was_said(
    speech: np.ndarray, probabilities: np.ndarray
) -> None:
    activity = VoiceActivity()
    early = activity.push(speech[: 100 * 512])
    np.testing.assert_array_equal(early, probabilities[:100])
    noise = np.random.default_rng(0).normal(size=5_000).astype(np.float32)
    other = voice_activity([np.concatenate([speech[: 100 * 512], noise])])
    np.testing.assert_array_equal(other[:100], probabilities[:100])
    assert len(other) == 110


def test_a_quiet_voice_is_a_voice(speech: np.ndarray, probabilities: np.ndarray) -> None:
    quiet = voice_activity([speech * np.float32(0.01)])
    assert (quiet[probabilities > 0.9] > 0.9).mean() > 0.97


@pytest.mark.parametrize("level", [0.001, 0.03, 0.5])
def test_noise_and_tones_are_no_voice(level: float) -> None:
    time = np.arange(48_000) / 16_000
    noise = np.random.default_rng(0).normal(size=48_000)
    chord = sum(np.sin(2 * np.pi * f * time) for f in (220.0, 277.2, 329.6))
    for sound in (noise, chord):
        found = voice_activity([(level * sound).astype(np.float32)])
        assert found[10:].max() < 0.15  # the network needs 0.3 s to know a sound


def test_an_empty_sound_has_no_probability() -> None:
    assert voice_activity([]).shape == (0,)
    assert VoiceActivity().push(np.zeros(0, np.float32)).shape == (0,)
    assert voice_activity([np.zeros(1, np.float32)]).shape == (1,)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_nan_and_infinity_are_refused(value: float) -> None:
    wav = np.zeros(1000, np.float32)
    wav[500] = value
    with pytest.raises(InputError, match=r"^the sound contains NaN or infinity; replace these"):
        voice_activity([wav])


def test_another_rate_and_several_channels_are_refused() -> None:
    with pytest.raises(InputError, match=r"^voice activity requires 16000 Hz, not 44100; resample"):
        VoiceActivity(44_100)
    with pytest.raises(ValueError, match=r"mono \(N,\), not \(2, 100\)"):
        VoiceActivity().push(np.zeros((2, 100), np.float32))
