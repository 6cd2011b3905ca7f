from pathlib import Path

import numpy as np
import pytest
from scipy.fft import dct

from wav2lip.metrics import mfcc
from wav2lip.metrics.mfcc import filterbank, frame_count


def slow_mfcc(pcm: np.ndarray) -> np.ndarray:
    """One frame, one filter and one bin at a time."""
    signal = pcm.astype(float)
    emphasised = [signal[0]] + [signal[n] - 0.97 * signal[n - 1] for n in range(1, len(signal))]
    points = np.linspace(0, 2595 * np.log10(1 + 8000 / 700), 28)
    corners = [int(513 * 700 * (10 ** (mel / 2595) - 1) / 16000) for mel in points]
    rows, start = [], 0
    while start == 0 or start - 160 + 400 < len(signal):
        frame = np.array(emphasised[start : start + 400])
        spectrum = np.fft.fft(frame, 512)[:257] if len(frame) == 400 else None
        if spectrum is None:
            spectrum = np.fft.fft(np.append(frame, np.zeros(400 - len(frame))), 512)[:257]
        power = np.abs(spectrum) ** 2 / 512
        logs = []
        for left, centre, right in zip(corners, corners[1:], corners[2:], strict=False):
            total = sum(power[k] * (k - left) / (centre - left) for k in range(left, centre))
            total += sum(power[k] * (right - k) / (right - centre) for k in range(centre, right))
            logs.append(np.log(total or np.finfo(float).eps))
        row = dct(np.array(logs), norm="ortho")[:13]
        row *= [1 + 11 * np.sin(np.pi * n / 22) for n in range(13)]
        row[0] = np.log(power.sum() or np.finfo(float).eps)
        rows.append(row)
        start += 160
    return np.array(rows)


@pytest.mark.parametrize(
    ("samples", "rows"), [(1, 1), (400, 1), (401, 2), (560, 2), (561, 3), (1500, 8)]
)
def test_agrees_with_a_slow_reference(samples, rows):
    pcm = np.random.default_rng(0).integers(-32768, 32767, samples).astype(np.int16)
    pcm[600:1200] = 0
    got = mfcc(pcm)
    assert got.shape == (rows, 13)
    assert frame_count(samples) == rows
    np.testing.assert_allclose(got, slow_mfcc(pcm), rtol=1e-9, atol=1e-9)


def test_numbers_of_python_speech_features():
    n = np.arange(1000)
    pcm = (8000 * np.sin(2 * np.pi * 440 * n / 16000) + n % 7 * 100).astype(np.int16)
    # printed by python_speech_features 0.6: mfcc(pcm, 16000)[3]
    expected = [19.12561, 10.39421, 16.7566, -4.7813, -17.47098, -43.83849, -22.52938]
    expected += [-2.68525, 2.57543, -25.87543, 67.15679, -0.11601, 7.17625]
    assert mfcc(pcm).shape == (5, 13)
    np.testing.assert_allclose(mfcc(pcm)[3], expected, atol=1e-5)


def test_silence_is_finite():
    got = mfcc(np.zeros(800, np.int16))
    np.testing.assert_allclose(got[:, 0], np.log(np.finfo(float).eps))
    assert np.isfinite(got).all()
    with pytest.raises(ValueError, match="N > 0"):
        mfcc(np.zeros((2, 800), np.int16))


def test_filters_are_triangles_of_height_one():
    filters = filterbank()
    assert filters.shape == (26, 257)
    np.testing.assert_array_equal(filters.max(1), np.ones(26))


def test_golden_mfcc():
    golden = np.load(Path(__file__).parents[1] / "golden" / "scores.npz")
    np.testing.assert_allclose(mfcc(golden["pcm"]), golden["mfcc"], rtol=1e-4, atol=1e-5)
