from pathlib import Path

import numpy as np
import pytest

from wav2lip.media.audio import load_wav
from wav2lip.media.mel import mel_spectrogram
from wav2lip.media.pauses import (
    column_power,
    find_pauses,
    levels,
    mute_pauses,
    read_pauses,
    voiced_columns,
)
from wav2lip.types import SAMPLE_RATE, SILENCE

SPEECH = Path(__file__).resolve().parents[2] / "data" / "speech.wav"


def voiced(power: np.ndarray) -> np.ndarray:
    """Probabilities of a sound that is voice throughout."""
    return np.ones(len(power), np.float32)


def speech(*parts: tuple[float, float], noise: float = -70.0) -> np.ndarray:
    """Noise bursts of (seconds, dB of full scale) on end, over a noise floor."""
    rng = np.random.default_rng(0)
    level = np.concatenate([np.full(round(s * SAMPLE_RATE), db) for s, db in parts])
    voice = rng.normal(size=len(level)) * 10 ** (level / 20)
    return (voice + rng.normal(size=len(level)) * 10 ** (noise / 20)).astype(np.float32)


def seconds(wav: np.ndarray) -> list[tuple[float, float]]:
    power, samples = column_power([wav])
    assert (len(power), samples) == (mel_spectrogram(wav).shape[1], len(wav))
    return [(start / 80, stop / 80) for start, stop in find_pauses(power, voiced(power))]


def quiet_stretches(wav: np.ndarray) -> list[tuple[int, int]]:
    power = column_power([wav])[0]
    return find_pauses(power, voiced(power))


def test_levels_are_decibels_of_full_scale() -> None:
    tone = np.sin(2 * np.pi * 400 * np.arange(16000) / 16000).astype(np.float32)
    level = levels(column_power([tone])[0])
    assert level.shape == (81,)
    assert level[10:70] == pytest.approx(-3.01, abs=0.05)
    assert levels(np.zeros(3, np.float32)) == pytest.approx([-120.0] * 3)


def test_a_pause_is_found_and_what_is_shorter_is_not() -> None:
    wav = speech((1.0, -20), (0.5, -60), (0.5, -20), (0.2, -60), (0.5, -20))
    ((start, stop),) = seconds(wav)
    assert start == pytest.approx(1.0, abs=0.04)
    assert stop == pytest.approx(1.5, abs=0.04)


def test_a_whisper_after_a_shout_is_speech() -> None:
    wav = speech((6.0, -10), (6.0, -42), (1.0, -75), (1.0, -42))
    found = seconds(wav)
    assert found[-1] == pytest.approx((12.0, 13.0), abs=0.04)
    # near the shout the whisper is under it by more than speech ever is
    assert all(stop < 9.1 for _, stop in found[:-1])


@pytest.mark.parametrize(("gap", "found"), [(0.27, 0), (0.33, 1)])
def test_a_pause_has_three_tenths_of_a_second(gap: float, found: int) -> None:
    assert len(seconds(speech((1.0, -20), (gap, -100), (1.0, -20)))) == found


def test_a_stretch_of_voice_has_two_thresholds_a_lead_and_a_hangover() -> None:
    probabilities = np.zeros(100, np.float32)
    probabilities[20:30] = 0.1
    probabilities[25] = 0.2
    probabilities[60:70] = 0.1  # never above 0.15
    mask = voiced_columns(probabilities, 260)
    assert mask.shape == (260,)
    # blocks 18 to 33 of 512 samples in columns of 200
    assert np.flatnonzero(mask).tolist() == list(range(46, 85))


def test_what_is_loud_without_voice_is_a_pause() -> None:
    power = np.full(801, 1e-2, np.float32)
    probabilities = np.zeros(313, np.float32)
    probabilities[100:200] = 0.9
    assert find_pauses(power, probabilities) == [(0, 250), (520, 801)]


def test_music_and_steady_noise_are_one_pause() -> None:
    time = np.arange(5 * SAMPLE_RATE) / SAMPLE_RATE
    chord = sum(np.sin(2 * np.pi * f * time) for f in (220.0, 277.2, 329.6)) / 6
    beat = 0.3 * np.random.default_rng(0).normal(size=len(time)) * (time % 0.5 < 0.1)
    for sound in (chord, beat, chord + beat):
        pauses, samples = read_pauses([sound.astype(np.float32)])
        assert samples == 80_000
        assert pauses[-1][1] == 401
        assert sum(stop - start for start, stop in pauses) > 380


def test_the_pauses_of_the_sample() -> None:
    wav = load_wav(SPEECH)
    pauses, samples = read_pauses([wav])
    assert samples == 167_040
    assert pauses == [(0, 17), (564, 597)]  # short only at the start
    assert read_pauses(wav[i : i + 999] for i in range(0, len(wav), 999)) == (pauses, samples)


@pytest.mark.parametrize("seconds_long", [0.0, 0.05, 3.0])
def test_sound_of_one_level_has_no_pause(seconds_long: float) -> None:
    assert seconds(speech((seconds_long, -30))) == []
    assert seconds(np.zeros(round(seconds_long * SAMPLE_RATE), np.float32)) == []
    assert find_pauses(np.zeros(0, np.float32), np.zeros(0, np.float32)) == []


def test_a_muted_pause_is_silence_and_the_rest_is_the_mel() -> None:
    wav = speech((1.0, -20), (0.5, -60), (1.0, -20), (0.5, -60))
    mel = mel_spectrogram(wav)
    pauses = quiet_stretches(wav)
    quiet = mute_pauses(mel, pauses)
    (first, last) = pauses
    assert quiet.shape == mel.shape
    assert (quiet[:, first[0] + 11 : first[1] - 15] == SILENCE).all()
    # the ramp: a quarter of the way after the 8 columns that are kept
    at = first[0] + 8
    expected = 0.75 * mel[:, at] + 0.25 * SILENCE
    assert quiet[:, at] == pytest.approx(expected, abs=1e-5)
    assert last[1] == mel.shape[1]
    assert (quiet[:, last[0] + 11 :] == SILENCE).all()  # no ramp at the end of the sound
    between = np.s_[:, first[1] - 12 : last[0] + 8]
    np.testing.assert_array_equal(quiet[between], mel[between])
    assert (mel[:, first[0] : first[1]] > SILENCE).mean() > 0.8


@pytest.mark.parametrize("size", [1, 341, 16_000])
def test_pauses_do_not_depend_on_how_the_sound_is_divided(size: int) -> None:
    wav = speech((0.7, -20), (0.5, -60), (0.613, -20))
    power, samples = column_power(wav[i : i + size] for i in range(0, len(wav), size))
    whole, _ = column_power([wav])
    np.testing.assert_array_equal(power, whole)
    assert samples == len(wav)


def test_the_search_does_not_depend_on_its_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    level = np.random.default_rng(0).uniform(-9, -2, 150).repeat(37)
    power = (10**level).astype(np.float32)
    whole = find_pauses(power, voiced(power))
    assert len(whole) > 10
    monkeypatch.setattr("wav2lip.media.pauses.CHUNK", 1000)
    assert find_pauses(power, voiced(power)) == whole


@pytest.mark.parametrize("size", [1, 50, 170])
def test_muting_block_by_block_equals_muting_at_once(size: int) -> None:
    wav = speech((0.5, -60), (1.0, -20), (0.5, -60), (1.0, -20), (0.5, -60))
    mel = mel_spectrogram(wav)
    pauses = quiet_stretches(wav)
    assert len(pauses) == 3
    total = mel.shape[1]
    blocks = [mute_pauses(mel[:, i : i + size], pauses, i, total) for i in range(0, total, size)]
    np.testing.assert_array_equal(np.concatenate(blocks, axis=1), mute_pauses(mel, pauses))
