import numpy as np
import pytest

from wav2lip.errors import InputError
from wav2lip.metrics import Leak, leak_probe

FRAMES = 120


def sound(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 120, FRAMES)


def show(mouth: np.ndarray) -> np.ndarray:
    """Faces whose mouth is as bright as `mouth` (T,) says, on a fixed texture."""
    texture = np.random.default_rng(99).integers(0, 100, (96, 96, 3))
    faces = np.broadcast_to(texture, (len(mouth), 96, 96, 3)).copy()
    faces[:, 60:90, 30:66] += mouth[:, None, None, None]
    return faces.astype(np.uint8)


def delayed(mouth: np.ndarray, shift: int) -> np.ndarray:
    return np.concatenate((np.zeros(shift, mouth.dtype), mouth[:-shift]))


def test_a_mouth_that_listens_does_not_leak():
    right, other, still = sound(1), sound(2), np.zeros(FRAMES, int)
    probe = leak_probe(show(right), show(other), show(delayed(right, 5)), show(still), 5)
    assert probe.muted == 0
    assert abs(probe.swapped) < 0.25
    assert probe.follows > 0.99
    assert probe.leak < 0.15
    lit = 30 * 36 / (48 * 48)
    assert probe.response == pytest.approx(np.abs(right - other).mean() * lit, rel=1e-3)


def test_a_mouth_that_copies_its_source_leaks_in_full():
    source = show(sound(7))
    probe = leak_probe(source, source, source, source, 5)
    assert probe.leak == pytest.approx(1)
    assert probe.response == 0
    assert abs(probe.follows) < 0.25


def test_leak_grows_with_the_share_taken_from_the_source():
    source, right, other = sound(7), sound(1), sound(2)
    metric = Leak()
    leaks = []
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        mixes = [
            show((share * source + (1 - share) * heard).astype(int))
            for heard in (right, other, delayed(right, 5), np.zeros(FRAMES))
        ]
        leaks.append(leak_probe(*mixes, 5).leak)
        metric.update(*mixes, 5)
    assert leaks == sorted(leaks)
    assert len(set(leaks)) == 5
    assert float(metric.compute()) == pytest.approx(np.mean(leaks))


def test_correlation_agrees_with_numpy():
    rng = np.random.default_rng(0)
    four = rng.integers(0, 256, (4, 9, 8, 8, 3), dtype=np.uint8)
    grey = (four @ np.array([0.114, 0.587, 0.299]))[:, :, 4:, 2:6]
    first, second = ((x - x.mean(0)).ravel() for x in grey[:2])
    assert leak_probe(*four, 2).swapped == pytest.approx(np.corrcoef(first, second)[0, 1], abs=1e-5)


def test_wrong_input_is_refused():
    faces = show(sound(1))
    with pytest.raises(ValueError, match="shape"):
        leak_probe(faces, faces[:-1], faces, faces, 5)
    with pytest.raises(InputError, match="shift of 5"):
        leak_probe(*[faces[:6]] * 4, 5)
