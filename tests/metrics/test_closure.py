import math

import numpy as np
import pytest

from wav2lip.metrics import SilenceClosure, silence_closure, speech_and_pauses
from wav2lip.metrics.closure import runs


def talk(speaking: np.ndarray) -> np.ndarray:
    """A tone in the frames that speak, faint noise in the others."""
    rng = np.random.default_rng(0)
    tone = 8000 * np.sin(2 * np.pi * 200 * np.arange(len(speaking) * 640) / 16_000)
    noise = rng.normal(0, 20, len(tone))
    return np.where(speaking.repeat(640), tone, noise).astype(np.int16)


def mouth(changes: np.ndarray) -> np.ndarray:
    """Grey faces whose level changes by `changes` (T-1,), up and down in turn."""
    signs = np.where(np.arange(len(changes)) % 2, -1, 1)
    grey = 100 + np.concatenate(([0], np.cumsum(signs * changes)))
    faces = grey.astype(np.uint8)[:, None, None, None]
    return np.broadcast_to(faces, (len(grey), 16, 16, 3)).copy()


SPEAKING = np.arange(50) < 30


def test_pauses_leave_a_margin_and_short_silences_are_neither():
    speaking = SPEAKING.copy()
    speaking[10:14] = False
    speech, pauses = speech_and_pauses(talk(speaking), 50)
    np.testing.assert_array_equal(speech, speaking)
    assert runs(pauses) == [(32, 48)]


def test_closure_is_motion_in_pauses_over_motion_in_speech():
    pcm = talk(SPEAKING)
    change = np.where(np.arange(49) < 30, 20, 5)
    assert silence_closure(mouth(change), pcm) == pytest.approx(0.25, rel=1e-4)
    assert silence_closure(mouth(np.where(np.arange(49) < 30, 20, 0)), pcm) == 0
    assert silence_closure(mouth(np.full(49, 20)), pcm) == pytest.approx(1, rel=1e-4)


@pytest.mark.parametrize("speaking", [np.ones(50, bool), np.zeros(50, bool)])
def test_without_both_speech_and_pause_there_is_no_ratio(speaking):
    pcm = talk(speaking) if speaking.any() else np.zeros(50 * 640, np.int16)
    assert math.isnan(silence_closure(mouth(np.full(49, 20)), pcm))


def test_metric_counts_what_has_no_pause():
    metric = SilenceClosure()
    metric.update(mouth(np.full(49, 20)), talk(SPEAKING))
    metric.update(mouth(np.full(49, 20)), talk(np.ones(50, bool)))
    assert float(metric.compute()) == pytest.approx(1, rel=1e-4)
    assert metric.missing == 1
