import numpy as np
import pytest

from wav2lip.media.mel import mel_spectrogram
from wav2lip.media.pauses import column_power, find_pauses, levels, mute_pauses
from wav2lip.types import SAMPLE_RATE, SILENCE


def speech(*parts: tuple[float, float], noise: float = -70.0) -> np.ndarray:
    """Noise bursts of (seconds, dB of full scale) on end, over a noise floor."""
    rng = np.random.default_rng(0)
    level = np.concatenate([np.full(round(s * SAMPLE_RATE), db) for s, db in parts])
    voice = rng.normal(size=len(level)) * 10 ** (level / 20)
    return (voice + rng.normal(size=len(level)) * 10 ** (noise / 20)).astype(np.float32)


def seconds(wav: np.ndarray) -> list[tuple[float, float]]:
    power, samples = column_power([wav])
    assert (len(power), samples) == (mel_spectrogram(wav).shape[1], len(wav))
    return [(start / 80, stop / 80) for start, stop in find_pauses(power)]


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
    assert find_pauses(np.zeros(0, np.float32)) == []


def test_a_muted_pause_is_silence_and_the_rest_is_the_mel() -> None:
    wav = speech((1.0, -20), (0.5, -60), (1.0, -20), (0.5, -60))
    mel = mel_spectrogram(wav)
    pauses = find_pauses(column_power([wav])[0])
    quiet = mute_pauses(mel, pauses)
    (first, last) = pauses
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
    whole = find_pauses(power)
    assert len(whole) > 10
    monkeypatch.setattr("wav2lip.media.pauses.CHUNK", 1000)
    assert find_pauses(power) == whole


@pytest.mark.parametrize("size", [1, 50, 170])
def test_muting_block_by_block_equals_muting_at_once(size: int) -> None:
    wav = speech((0.5, -60), (1.0, -20), (0.5, -60), (1.0, -20), (0.5, -60))
    mel = mel_spectrogram(wav)
    pauses = find_pauses(column_power([wav])[0])
    assert len(pauses) == 3
    total = mel.shape[1]
    blocks = [mute_pauses(mel[:, i : i + size], pauses, i, total) for i in range(0, total, size)]
    np.testing.assert_array_equal(np.concatenate(blocks, axis=1), mute_pauses(mel, pauses))
