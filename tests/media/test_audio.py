import wave
from fractions import Fraction

import av
import numpy as np
import pytest

from wav2lip.errors import InputError
from wav2lip.media.audio import load_wav, read_channels, read_mono
from wav2lip.media.pcm import write_wav

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


def test_every_sample_is_at_its_own_time_after_small_gaps(make, tmp_path):
    """Every tenth packet of 20 ms is lost; the gaps add up to 0.4 s before the click at 3.61 s."""
    path, wav = tmp_path / "loss.mka", make.click(4, 3.61)
    with av.open(str(path), "w") as output:
        stream = output.add_stream("pcm_s16le", rate=16_000, layout="mono")
        for index in range(200):
            data = (wav[None, index * 320 :][:, :320] * 30_000).astype(np.int16)
            piece = av.AudioFrame.from_ndarray(data, format="s16", layout="mono")
            piece.sample_rate = 16_000
            for packet in stream.encode(piece):
                packet.duration = 20
                packet.pts = packet.dts = index * 20
                packet.time_base = Fraction(1, 1000)
                if index % 10 != 5:
                    output.mux(packet)
    problems: list[str] = []
    heard = np.concatenate(list(read_mono(path, problems=problems)))
    assert heard.size == pytest.approx(4 * 16_000, abs=2)
    assert make.onset(heard) == pytest.approx(3.61, abs=0.002)
    assert problems == ["0.40 s of the sound are missing in 20 places: they are silent"]


def test_jitter_of_timestamps_is_no_gap(make, tmp_path):
    path, wav = tmp_path / "jitter.mka", make.click(2, 1.5)
    with av.open(str(path), "w") as output:
        stream = output.add_stream("pcm_s16le", rate=16_000, layout="mono")
        for index in range(100):
            data = (wav[None, index * 320 :][:, :320] * 30_000).astype(np.int16)
            piece = av.AudioFrame.from_ndarray(data, format="s16", layout="mono")
            piece.sample_rate = 16_000
            for packet in stream.encode(piece):
                packet.duration = 20
                packet.pts = packet.dts = index * 20 + (18 if index % 3 == 1 else 0)
                packet.time_base = Fraction(1, 1000)
                output.mux(packet)
    heard = load_wav(path)
    assert heard.size == 32_000
    assert make.onset(heard) == pytest.approx(1.5, abs=0.002)


@pytest.mark.parametrize("share", [0.1, 0.7])
def test_a_sound_that_was_cut_off(make, tmp_path, share):
    whole = make.wav("whole.wav", TONE)
    cut = tmp_path / "cut.wav"
    cut.write_bytes(whole.read_bytes()[: int(share * whole.stat().st_size)])
    if share < 0.5:
        with pytest.raises(InputError, match=r"cut\.wav: 0\.9\d s of its 1\.00 s of sound"):
            load_wav(cut)
        return
    problems: list[str] = []
    assert sum(map(len, read_mono(cut, problems=problems))) == pytest.approx(11_200, abs=200)
    assert problems == ["the sound ends at 0.70 s, its header says 1.00 s"]


@pytest.mark.parametrize("seconds", [1.0, 2.0])
def test_a_pcm_wav_that_was_cut_off(tmp_path, seconds):
    """FFmpeg derives the length of such a file from its size."""
    path = tmp_path / "a.wav"
    write_wav(path, np.ones(48_000, np.int16))
    path.write_bytes(path.read_bytes()[: 44 + round(seconds * 32_000)])
    if seconds < 1.5:
        with pytest.raises(
            InputError, match=r"a\.wav: 2\.00 s of its 3\.00 s of sound are missing"
        ):
            load_wav(path)
        return
    problems: list[str] = []
    load_wav(path, problems=problems)
    assert problems == ["the sound ends at 2.00 s, its header says 3.00 s"]


@pytest.mark.parametrize("size", [0, 0x7FFFFFFF - 36, 0xFFFFFFFF])
def test_a_wav_from_a_pipe_states_no_length(tmp_path, size):
    path = tmp_path / "a.wav"
    write_wav(path, np.ones(16_000, np.int16))
    data = path.read_bytes()
    path.write_bytes(data[:40] + size.to_bytes(4, "little") + data[44:])
    problems: list[str] = []
    assert load_wav(path, problems=problems).size == 16_000
    assert problems == []


def test_an_ogg_without_its_last_page_is_remarked(tmp_path):
    path = tmp_path / "a.ogg"
    with av.open(str(path), "w") as output:
        stream = output.add_stream("libopus", rate=48_000)
        stream.layout = "mono"
        tone = av.AudioFrame.from_ndarray(np.repeat(TONE, 3)[None], format="flt", layout="mono")
        tone.sample_rate = 48_000
        output.mux(stream.encode(tone))
        output.mux(stream.encode(None))
    problems: list[str] = []
    load_wav(path, problems=problems)
    assert problems == []
    data = path.read_bytes()
    path.write_bytes(data[: data.rindex(b"OggS")])
    load_wav(path, problems=problems)
    assert problems == ["the mark of the end is missing: the file may be cut off"]


def test_channels_that_cancel_are_not_averaged(tmp_path):
    path = tmp_path / "inverted.wav"
    data = np.stack([TONE, -0.9 * TONE], 1)
    with wave.open(str(path), "wb") as file:
        file.setparams((2, 2, 16_000, 0, "NONE", ""))
        file.writeframes((data * 32_767).astype("<i2").tobytes())
    assert np.abs(load_wav(path) - TONE).max() < 1e-3


def test_the_polarity_of_channels_that_cancel_does_not_change(tmp_path):
    path = tmp_path / "inverted.wav"
    rng = np.random.default_rng(0)
    sound = np.tile(TONE, 6)
    data = np.stack([sound, -sound], 1) + 3e-3 * rng.standard_normal((len(sound), 2))
    with wave.open(str(path), "wb") as file:
        file.setparams((2, 2, 16_000, 0, "NONE", ""))
        file.writeframes((data * 32_000).clip(-32_768, 32_767).astype("<i2").tobytes())
    mixed = load_wav(path)
    pieces = [mixed[i : i + 1600] @ sound[i : i + 1600] for i in range(0, len(sound) - 1600, 1600)]
    assert len({bool(value > 0) for value in pieces}) == 1


@pytest.mark.parametrize("channels", [3, 9, 11, 13, 15, 16])
def test_any_number_of_channels_is_mixed(tmp_path, channels):
    path = tmp_path / "many.wav"
    with wave.open(str(path), "wb") as file:
        file.setparams((channels, 2, 16_000, 0, "NONE", ""))
        file.writeframes((np.stack([TONE] * channels, 1) * 9_000).astype("<i2").tobytes())
    stereo = np.concatenate(list(read_channels(path, 16_000, "stereo")), axis=1)
    assert stereo.shape == (2, len(TONE))
    assert np.abs(load_wav(path) - TONE * 9_000 / 32_768).max() < 1e-3
    if channels % 2 and channels > 8:
        np.testing.assert_allclose(stereo[1], load_wav(path), atol=1e-6)


def test_a_whole_sound_is_its_pieces(make):
    path = make.wav("long.wav", np.tile(TONE, 7)[:-123], 44_100)
    np.testing.assert_array_equal(load_wav(path), np.concatenate(list(read_mono(path))))
