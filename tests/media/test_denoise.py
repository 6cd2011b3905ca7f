import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from wav2lip.errors import InputError
from wav2lip.media.alignment import MelArray
from wav2lip.media.audio import load_wav
from wav2lip.media.denoise import Denoiser, denoised, rnnoise
from wav2lip.media.mel import mel_spectrogram
from wav2lip.media.mel_reader import MelReader

SPEECH = Path(__file__).resolve().parents[2] / "data" / "speech.wav"
installed = pytest.mark.skipif(find_spec("pyrnnoise") is None, reason="requires pyrnnoise")


@pytest.fixture(scope="module")
def speech() -> np.ndarray:
    return load_wav(SPEECH)[16_000:33_777]


@pytest.fixture(scope="module")
def noise() -> np.ndarray:
    return np.random.default_rng(0).normal(0, 0.03, 17_777).astype(np.float32)


def whole(wav: np.ndarray) -> np.ndarray:
    return np.concatenate(list(denoised([wav])))


@installed
def test_speech_keeps_its_length_its_place_and_its_shape(speech: np.ndarray) -> None:
    clean = whole(speech)
    assert clean.shape == speech.shape
    assert clean.dtype == np.float32
    inner = slice(3_000, -3_000)
    fits = [np.dot(speech[inner], np.roll(clean, shift)[inner]) for shift in range(-20, 21)]
    assert np.argmax(fits) - 20 == 0
    assert np.corrcoef(speech, clean)[0, 1] > 0.95


@installed
def test_noise_is_removed(noise: np.ndarray) -> None:
    clean = whole(noise)[8_000:]
    assert 20 * np.log10(clean.std() / noise.std()) < -30


@installed
@pytest.mark.parametrize("size", [1, 159, 160, 4_800])
def test_the_result_does_not_depend_on_how_the_sound_is_divided(
    speech: np.ndarray, size: int
) -> None:
    wav = speech[:2_001]
    parts = list(denoised(wav[i : i + size] for i in range(0, len(wav), size)))
    np.testing.assert_array_equal(np.concatenate(parts), whole(wav))


@installed
@pytest.mark.parametrize("count", [0, 1, 160, 352, 353])
def test_short_sounds_keep_their_length(count: int) -> None:
    assert whole(np.full(count, 0.1, np.float32)).shape == (count,)


@installed
def test_a_mel_of_denoised_sound_keeps_its_columns(speech: np.ndarray, noise: np.ndarray) -> None:
    wav = speech + noise
    reader = MelReader(lambda: [wav], denoise=True)
    expected = MelArray(mel_spectrogram(whole(wav)))
    times = np.arange(20) / 25
    np.testing.assert_array_equal(reader.windows(times), expected.windows(times))
    assert reader.samples == len(wav)


@installed
@pytest.mark.parametrize("value", [np.nan, -np.inf])
def test_nan_and_infinity_are_refused(value: float) -> None:
    with pytest.raises(InputError, match=r"^the sound contains NaN or infinity; replace these"):
        list(denoised([np.array([0.0, value], np.float32)]))


def test_another_rate_and_several_channels_are_refused() -> None:
    with pytest.raises(InputError, match=r"^denoising requires 16000 Hz, not 48000; resample"):
        Denoiser(48_000)
    if find_spec("pyrnnoise"):
        with pytest.raises(ValueError, match=r"mono \(N,\), not \(2, 100\)"):
            Denoiser().push(np.zeros((2, 100), np.float32))


@pytest.fixture
def without(monkeypatch: pytest.MonkeyPatch):
    """Python's search path, as if the wheel were not installed."""
    rnnoise.cache_clear()
    monkeypatch.setitem(sys.modules, "pyrnnoise", None)
    yield
    rnnoise.cache_clear()


@pytest.mark.usefixtures("without")
def test_a_missing_extra_is_named() -> None:
    with pytest.raises(
        InputError, match=r"^pyrnnoise is not installed; run: pip install '.*\[denoise\]'"
    ):
        Denoiser()
    with pytest.raises(InputError, match=r"\[denoise\]"):
        MelReader(lambda: [np.zeros(100, np.float32)], denoise=True).windows([0.0])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, r": does not contain RNNoise; install pyrnnoise again$"),
        (
            b"no library",
            r"librnnoise\.so: RNNoise cannot be loaded \(.*\); install pyrnnoise again$",
        ),
    ],
)
def test_a_damaged_wheel_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes | None, message: str
) -> None:
    package = tmp_path / "pyrnnoise"
    package.mkdir()
    (package / "__init__.py").touch()
    if content is not None:
        (package / "librnnoise.so").write_bytes(content)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "pyrnnoise", raising=False)
    rnnoise.cache_clear()
    with pytest.raises(InputError, match=message):
        rnnoise()
    rnnoise.cache_clear()
