import wave

import numpy as np
import pytest

from wav2lip.errors import InputError
from wav2lip.media.audio import load_wav, read_mono

TONE = np.sin(2 * np.pi * 440 * np.arange(16_000) / 16_000).astype(np.float32) / 2


@pytest.mark.parametrize(("rate", "channels"), [(16_000, 1), (44_100, 2), (8_000, 2)])
def test_any_rate_and_channels_become_16_khz_mono_at_the_same_level(make, rate, channels):
    tone = np.sin(2 * np.pi * 440 * np.arange(rate) / rate).astype(np.float32) / 2
    wav = load_wav(make.wav("a b'c.wav", tone, rate, channels))
    assert wav.dtype == np.float32
    assert abs(wav.size - 16_000) <= 2
    assert np.abs(wav[1000:15_000] - TONE[1000:15_000]).max() < 0.01


def test_a_twentieth_of_a_second_is_enough(make):
    assert load_wav(make.wav("short.wav", TONE[:800])).size == 800


def test_sound_that_starts_after_the_picture_is_padded(make, ticks):
    path = make.video("late.mp4", ticks(25, 25), audio=make.click(1, 0.5), audio_start=0.3)
    assert make.onset(load_wav(path)) == pytest.approx(0.8, abs=0.005)


def test_sound_before_the_picture_is_cut(make, ticks):
    times = [0.4 + time for time in ticks(25, 25)]
    path = make.video("early.mp4", times, audio=make.click(1.5, 0.75))
    wav = load_wav(path)
    assert make.onset(wav) == pytest.approx(0.35, abs=0.005)
    assert wav.size == pytest.approx(1.1 * 16_000, abs=1100)


def test_bad_files_are_named(make, tmp_path, ticks):
    empty = tmp_path / "empty.wav"
    empty.touch()
    text = tmp_path / "text.mp4"
    text.write_text("not a video")
    nothing = tmp_path / "nothing.wav"
    with wave.open(str(nothing), "wb") as file:
        file.setparams((1, 2, 16_000, 0, "NONE", ""))
    silent_film = make.video("mute.mp4", ticks(3, 25))
    broken = make.wav("nan.wav", np.full(800, np.nan, np.float32))
    for path, message in [
        (tmp_path / "none.wav", "no such file"),
        (tmp_path, "is a directory"),
        (empty, "is empty"),
        (text, "not a readable"),
        (nothing, "no sound"),
        (silent_film, "no sound track"),
        (broken, "NaN"),
    ]:
        with pytest.raises(InputError, match=message) as error:
            load_wav(path)
        with pytest.raises(InputError, match=message):
            list(read_mono(path))
        assert str(path) in str(error.value)
        assert "\n" not in str(error.value)


def test_every_voice_beside_the_checkout_is_read(shared):
    for path in sorted((shared / "media" / "speech").glob("*.[wm]*")):
        wav = load_wav(path)
        assert wav.size > 16_000
        assert 0.01 < np.abs(wav).max() < 1.2
