import numpy as np
import pytest

from wav2lip.media.mel import mel_spectrogram
from wav2lip.media.pauses import levels, mute_pauses, pauses
from wav2lip.types import SAMPLE_RATE, SILENCE


def speech(*parts: tuple[float, float], noise: float = -70.0) -> np.ndarray:
    """Noise bursts of (seconds, dB of full scale) on end, over a noise floor."""
    rng = np.random.default_rng(0)
    level = np.concatenate([np.full(round(s * SAMPLE_RATE), db) for s, db in parts])
    voice = rng.normal(size=len(level)) * 10 ** (level / 20)
    return (voice + rng.normal(size=len(level)) * 10 ** (noise / 20)).astype(np.float32)


def seconds(wav: np.ndarray) -> list[tuple[float, float]]:
    columns = mel_spectrogram(wav).shape[1]
    return [(start / 80, stop / 80) for start, stop in pauses(wav, columns)]


def test_levels_are_decibels_of_full_scale() -> None:
    tone = np.sin(2 * np.pi * 400 * np.arange(16000) / 16000).astype(np.float32)
    level = levels(tone, 81)
    assert level.shape == (81,)
    assert level[10:70] == pytest.approx(-3.01, abs=0.05)
    assert levels(np.zeros(0, np.float32), 3) == pytest.approx(-120.0)


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


def test_a_pause_longer_than_the_neighbourhood_is_one_to_its_end() -> None:
    ((start, stop),) = seconds(speech((2.0, -20), (12.0, -75), (2.0, -20)))
    assert (start, stop) == pytest.approx((2.0, 14.0), abs=0.04)


def test_digital_silence_elsewhere_is_not_the_noise_of_a_pause() -> None:
    wav = np.concatenate([np.zeros(16000, np.float32), speech((2.0, -20), (12.0, -75), (2.0, -20))])
    assert seconds(wav) == [pytest.approx(x, abs=0.04) for x in ((0.0, 1.0), (3.0, 15.0))]


@pytest.mark.parametrize(("gap", "found"), [(0.27, 0), (0.33, 1)])
def test_a_pause_has_three_tenths_of_a_second(gap: float, found: int) -> None:
    assert len(seconds(speech((1.0, -20), (gap, -100), (1.0, -20)))) == found


@pytest.mark.parametrize("seconds_long", [0.0, 0.05, 3.0])
def test_sound_of_one_level_has_no_pause(seconds_long: float) -> None:
    assert seconds(speech((seconds_long, -30))) == []
    assert seconds(np.zeros(round(seconds_long * SAMPLE_RATE), np.float32)) == []
    assert pauses(np.zeros(0, np.float32), 0) == []


def test_hushed_is_silence_in_the_pause_and_the_mel_elsewhere() -> None:
    wav = speech((1.0, -20), (0.5, -60), (1.0, -20), (0.5, -60))
    mel = mel_spectrogram(wav)
    quiet = mute_pauses(mel, wav)
    (first, last) = pauses(wav, mel.shape[1])
    assert quiet.shape == mel.shape
    assert (quiet[:, first[0] + 3 : first[1] - 3] == SILENCE).all()
    # the ramp: a quarter of the way after the first column
    expected = 0.75 * mel[:, first[0]] + 0.25 * SILENCE
    assert quiet[:, first[0]] == pytest.approx(expected, abs=1e-5)
    assert last[1] == mel.shape[1]
    assert (quiet[:, last[0] + 3 :] == SILENCE).all()  # no ramp at the end of the sound
    between = np.s_[:, first[1] : last[0]]
    np.testing.assert_array_equal(quiet[between], mel[between])
    assert (mel[:, first[0] : first[1]] > SILENCE).mean() > 0.8
