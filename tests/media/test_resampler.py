import numpy as np
import pytest

from wav2lip.errors import InputError
from wav2lip.media.audio import load_wav
from wav2lip.media.pcm import from_pcm, to_pcm, write_wav
from wav2lip.media.resampler import Resampler, check_rate


@pytest.mark.parametrize("rate", [8000, 16_000, 22_050, 44_100, 48_000])
def test_pieces_give_what_a_file_gives(tmp_path, rate):
    rng = np.random.default_rng(0)
    wav = from_pcm(to_pcm(rng.normal(0, 0.1, rate + 7).astype(np.float32)))
    write_wav(tmp_path / "a.wav", to_pcm(wav), rate)
    resampler, at, parts = Resampler(rate, 16_000), 0, []
    while at < len(wav):
        size = int(rng.integers(1, 2000))
        parts.append(resampler.push(wav[at : at + size]))
        at += size
    parts.append(resampler.finish())
    np.testing.assert_array_equal(np.concatenate(parts), load_wav(tmp_path / "a.wav"))


@pytest.mark.parametrize("rate", [-1, 0, 1, 10_000_000])
def test_a_wrong_rate_is_refused(rate):
    with pytest.raises(
        InputError, match=rf"a sample rate of {rate} Hz cannot be used; give a whole"
    ):
        Resampler(rate, 16_000)


@pytest.mark.parametrize(
    ("rate", "target"), [(16_000, 48_000), (44_100, 16_000), (192_000, 48_000)]
)
@pytest.mark.parametrize("count", [1, 5, 20, 64, 100])
def test_no_sound_is_too_short(rate, target, count):
    resampler, wav = Resampler(rate, target), np.full(count, 0.5, np.float32)
    found = np.concatenate([resampler.push(wav[:3]), resampler.push(wav[3:]), resampler.finish()])
    assert abs(len(found) - count * target // rate) <= 1
    if len(found) > 2:
        assert 0.2 < np.abs(found).max() < 0.8


@pytest.mark.parametrize("rate", [16_000.0, "16000", None, 10])
def test_a_rate_is_a_whole_number_in_range(rate):
    with pytest.raises(InputError, match="give a whole number from"):
        check_rate(rate)
