from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from wav2lip.errors import InputError
from wav2lip.media.alignment import MelArray, frame_times
from wav2lip.media.audio import load_wav, read_mono
from wav2lip.media.audio_features import audio_features
from wav2lip.media.mel import BLOCK, STEP, mel_spectrogram
from wav2lip.media.mel_reader import KEPT_COLUMNS, MelReader
from wav2lip.media.pauses import mute_pauses, read_pauses

SPEECH = Path(__file__).resolve().parents[2] / "data" / "speech.wav"
SAMPLES = 12 * STEP + 4_321  # more blocks than are kept
DURATION = SAMPLES / 16_000


class Sound:
    """Speech with pauses, in pieces of 4800 samples; counts how often it is read."""

    def __init__(self) -> None:
        self.wav = np.resize(load_wav(SPEECH), SAMPLES)
        self.reads = 0

    def __call__(self) -> Iterator[np.ndarray]:
        self.reads += 1
        return (self.wav[at : at + 4_800] for at in range(0, len(self.wav), 4_800))


@pytest.fixture
def sound() -> Sound:
    return Sound()


@pytest.fixture(scope="module")
def mels() -> dict[bool, MelArray]:
    wav = Sound().wav
    mel = mel_spectrogram(wav)
    pauses, samples = read_pauses([wav])
    assert samples == SAMPLES
    assert len(pauses) == 8  # the first one leads
    return {False: MelArray(mel), True: MelArray(mute_pauses(mel, pauses))}


@pytest.mark.parametrize("muted", [False, True])
def test_windows_equal_those_of_the_whole_mel(sound, mels, muted):
    reader = MelReader(sound, mute_pauses=muted)
    assert (reader.samples, reader.columns) == (SAMPLES, 1 + SAMPLES // 200)
    assert reader.seconds == DURATION
    times = frame_times(round((DURATION + 1) * 25), 25) - 0.3  # beyond both ends
    for at in range(0, len(times), 64):
        part = times[at : at + 64]
        np.testing.assert_array_equal(reader.windows(part), mels[muted].windows(part))
    assert sound.reads == 2


def test_wide_and_scattered_windows(sound, mels):
    reader = MelReader(sound)
    times = np.random.default_rng(1).uniform(-1, DURATION + 1, 50)
    for columns in (1, 16, 22, 1_200):
        windows = reader.windows(times, columns)
        assert windows.shape == (50, 80, columns)
        assert windows.dtype == np.float32
        np.testing.assert_array_equal(windows, mels[False].windows(times, columns))


def test_a_little_back_is_kept_and_far_back_reads_again(sound, mels):
    reader = MelReader(sound)
    blocks = STEP / 16_000  # seconds
    for time in (11 * blocks, 10 * blocks, (12 - KEPT_COLUMNS // BLOCK) * blocks):
        np.testing.assert_array_equal(reader.windows([time]), mels[False].windows([time]))
    assert sound.reads == 2
    np.testing.assert_array_equal(reader.windows([0.0]), mels[False].windows([0.0]))
    assert sound.reads == 3


def test_features_of_speech_are_read_from_narrow_blocks(sound):
    sound.wav = sound.wav[:40_000]
    reader = MelReader(sound, channels=368)
    whole = np.pad(audio_features(sound.wav, 368), ((0, 0), (80, 80)), constant_values=-4)
    windows = reader.windows(
        [-0.5, 1.0, 2.0], 100
    )  # from before the sound, over blocks, over its end
    for window, start in zip(windows, (40, 160, 240), strict=True):
        np.testing.assert_array_equal(window, whole[:, start : start + 100])


def test_threads_share_a_reader(sound, mels):
    reader = MelReader(sound, mute_pauses=True)
    parts = np.array_split(frame_times(round(DURATION * 25), 25), 40)
    with ThreadPoolExecutor(4) as pool:
        for part, windows in zip(parts, pool.map(reader.windows, parts), strict=True):
            np.testing.assert_array_equal(windows, mels[True].windows(part))
    assert sound.reads == 2


def test_a_file_is_read_as_it_is_loaded(make):
    tone = np.sin(np.arange(44_100 * 8) / 20).astype(np.float32) / 2
    path = make.wav("tone.wav", tone, 44_100, 2)
    reader = MelReader(partial(read_mono, path))
    times = frame_times(200, 25)
    expected = MelArray(mel_spectrogram(load_wav(path)))
    np.testing.assert_array_equal(reader.windows(times), expected.windows(times))
    assert reader.samples == load_wav(path).size


def test_a_sound_that_became_shorter_is_reported():
    lengths = iter([20 * 16_000, 16_000])
    reader = MelReader(lambda: [np.zeros(next(lengths), np.float32)])
    with pytest.raises(InputError, match="became shorter"):
        reader.windows([19.0])
