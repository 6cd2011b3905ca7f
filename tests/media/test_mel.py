import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from wav2lip.media.mel import BLOCK, HOP, SPAN, STEP, mel_blocks, mel_filters, mel_spectrogram
from wav2lip.media.pcm import from_pcm

GOLDEN = Path(__file__).parents[1] / "golden" / "mel.npz"  # the published code's, 1.6 s of sound
TAIL = SPAN - STEP


def noise(samples: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, 0.1, samples).astype(np.float32)


def cut(wav: np.ndarray, size: int) -> list[np.ndarray]:
    return [wav[at : at + size] for at in range(0, len(wav), size)]


def test_mel_is_the_published_one():
    golden = np.load(GOLDEN)
    mel = mel_spectrogram(from_pcm(golden["pcm"]))
    assert mel.shape == (80, 129)
    assert np.abs(mel - golden["mel"]).max() < 1e-3


def test_mel_agrees_with_librosa():
    # librosa.stft with zero padding, librosa.filters.mel and the published decibels, run once.
    wav = np.random.default_rng(0).normal(0, 0.1, 16_123).astype(np.float32)
    mel = mel_spectrogram(wav)
    assert mel.shape == (80, 81)
    expected = [
        [-1.7131, -1.5549, -1.7468],
        [-0.6178, -0.6875, -0.1344],
        [-0.4515, -0.1277, 0.1684],
        [0.7962, 1.0550, 1.0348],
    ]
    np.testing.assert_allclose(mel[[0, 20, 40, 79]][:, [0, 40, 80]], expected, atol=2e-4)


def test_the_transform_is_that_of_librosa_stft():
    librosa = pytest.importorskip("librosa")
    wav = noise(STEP + 12_345)
    emphasized = np.append(wav[0], wav[1:] - np.float32(0.97) * wav[:-1])
    padded = np.pad(emphasized, 400)
    spectrum = np.abs(librosa.stft(padded, n_fft=800, hop_length=200, center=False))
    decibels = 20 * np.log10(np.maximum(1e-5, mel_filters()[0] @ spectrum)) - 20
    expected = np.clip(8 * (decibels + 100) / 100 - 4, -4, 4)
    assert np.abs(mel_spectrogram(wav) - expected).max() < 1e-5


def test_the_stored_filters_and_the_window_are_librosas():
    librosa = pytest.importorskip("librosa")
    filters, window = mel_filters()
    assert (filters.shape, filters.dtype, window.shape) == ((80, 401), np.float32, (800,))
    expected = librosa.filters.mel(sr=16_000, n_fft=800, n_mels=80, fmin=55, fmax=7_600)
    np.testing.assert_allclose(filters, expected, rtol=1e-5, atol=1e-9)
    np.testing.assert_allclose(window, librosa.filters.get_window("hann", 800), atol=1e-7)


def test_mel_of_silence_is_the_floor():
    mel = mel_spectrogram(np.zeros(800, np.float32))
    assert mel.shape == (80, 5)
    assert (mel == -4).all()
    with pytest.raises(ValueError, match="mono"):
        mel_spectrogram(np.zeros((2, 800), np.float32))
    with pytest.raises(ValueError, match="mono"):
        next(mel_blocks([np.zeros((2, 800), np.float32)]))


@pytest.mark.parametrize("size", [37, 200, 341, 16_000, STEP, SPAN, 10**6])
def test_the_mel_does_not_depend_on_how_the_sound_is_divided(size):
    wav = noise(2 * STEP + 7_777)
    whole = mel_spectrogram(wav)
    blocks = list(mel_blocks(cut(wav, size)))
    assert [block.shape[1] for block in blocks[:2]] == [BLOCK, BLOCK]
    np.testing.assert_array_equal(np.concatenate(blocks, axis=1), whole)


@pytest.mark.parametrize("seed", range(5))
def test_the_mel_does_not_depend_on_random_cuts(seed):
    rng = np.random.default_rng(seed)
    wav = noise(int(rng.integers(1, 3 * STEP)), seed)
    cuts = np.sort(rng.integers(0, len(wav), int(rng.integers(1, 300))))  # some pieces are empty
    blocks = list(mel_blocks(np.split(wav, cuts)))
    np.testing.assert_array_equal(np.concatenate(blocks, axis=1), mel_spectrogram(wav))


@pytest.mark.parametrize(
    "samples",
    [0, 1, HOP - 1, HOP, 400, STEP - HOP, STEP - 1, STEP, STEP + TAIL - 401, STEP + TAIL, SPAN + 1],
)
def test_a_sound_of_n_samples_has_1_plus_n_by_200_columns(samples):
    wav = noise(samples)
    blocks = list(mel_blocks([wav]))
    assert sum(block.shape[1] for block in blocks) == 1 + samples // 200
    assert mel_spectrogram(wav).shape == (80, 1 + samples // 200)
    # what comes later changes no column that does not reach it
    longer = mel_spectrogram(np.append(wav, noise(5_000, 1)))
    safe = max(0, 1 + (samples - 400) // 200)
    np.testing.assert_array_equal(longer[:, :safe], mel_spectrogram(wav)[:, :safe])


def test_the_mel_requires_neither_librosa_nor_a_video_library_nor_torch():
    heavy = ("librosa", "numba", "scipy.signal", "av", "torch")
    use = "from wav2lip.media.mel import mel_spectrogram; mel_spectrogram(numpy.ones(900))"
    code = f"import sys, numpy; {use}; print([m for m in {heavy} if m in sys.modules])"
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == "[]"
