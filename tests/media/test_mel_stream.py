import numpy as np

from wav2lip.media.mel import mel_spectrogram
from wav2lip.media.mel_stream import MelStream
from wav2lip.types import SILENCE


def _sound(samples: int) -> np.ndarray:
    return np.random.default_rng(0).normal(0, 0.1, samples).astype(np.float32)


def test_columns_equal_those_of_the_whole_sound_to_the_bit():
    wav = _sound(40_000 + 2 * 512 * 200 + 77)
    whole = mel_spectrogram(wav)
    rng = np.random.default_rng(1)
    stream, parts, at, done = MelStream(), [], 0, 0
    while at < len(wav):
        size = int(rng.choice([1, 77, 320, 333, 5000]))
        stream.push(wav[at : at + size])
        at += size
        parts.append(stream.read(done, stream.columns))
        done = stream.columns
        if rng.random() < 0.2:
            stream.discard(done - 3)
    stream.finish()
    parts.append(stream.read(done, stream.columns))
    np.testing.assert_array_equal(np.concatenate(parts, axis=1), whole)


def test_a_column_is_known_25_ms_after_its_centre():
    stream = MelStream()
    assert MelStream.samples(5) == 1200
    stream.push(_sound(1199))
    assert stream.columns == 4
    stream.push(_sound(1))
    assert stream.columns == 5


def test_before_and_after_the_sound_is_silence():
    stream = MelStream()
    stream.push(_sound(400))
    stream.finish()
    mel = stream.read(-1, 4)
    assert (mel[:, [0, 4]] == SILENCE).all()
    assert (mel[:, 1:4].max(axis=0) > SILENCE).all()


def test_memory_is_bounded():
    stream = MelStream()
    for _ in range(200):
        stream.push(_sound(16_000))
        stream.read(stream.columns - 2, stream.columns)
        stream.discard(stream.columns - 100)
    assert stream._kept.shape == (80, 100)
    assert len(stream._emphasized._memory) < 5 * 16_000
