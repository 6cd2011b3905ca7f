from dataclasses import dataclass, field

import numpy as np
import pytest

from wav2lip.errors import InputError
from wav2lip.evaluation.leak import four_sounds, probe_leak
from wav2lip.evaluation.takes import read_pcm

BOX = np.array([0, 0, 96, 96], np.float32)


@dataclass
class Shown:
    image: np.ndarray
    boxes: list = field(default_factory=lambda: [BOX])


class Listener:
    """Its mouth is as bright as the sound under each frame is loud."""

    def __call__(self, face, audio, output) -> None:
        raise AssertionError

    def frames(self, face, audio):
        sound = np.abs(read_pcm(audio).astype(np.float64))
        for frame in range(len(sound) // 640):
            level = sound[640 * frame : 640 * (frame + 1)].mean() / 40
            yield Shown(np.full((96, 96, 3), min(level, 255), np.uint8))


class Copier(Listener):
    """Its mouth is the source's, whatever is said."""

    def frames(self, face, audio):
        for frame in range(len(read_pcm(audio)) // 640):
            yield Shown(np.full((96, 96, 3), 60 + frame % 7 * 20, np.uint8))


def sounds():
    rng = np.random.default_rng(0)
    loud = rng.integers(200, 9000, 50).repeat(640)
    return tuple((rng.choice([-1, 1], len(loud)) * x).astype(np.int16) for x in (loud, loud[::-1]))


def test_the_four_sounds():
    right, other = np.arange(1, 9, dtype=np.int16), np.array([7, 8, 9], np.int16)
    made = four_sounds(right, other, 3)
    assert made["swapped"].tolist() == [7, 8, 9, 7, 8, 9, 7, 8]
    assert made["shifted"].tolist() == [0, 0, 0, 1, 2, 3, 4, 5]
    assert made["muted"].tolist() == [0] * 8


def test_a_listener_follows_and_a_copier_leaks(film):
    face = film("track.mp4", seconds=1.2)
    listens = probe_leak(Listener(), face, *sounds())
    copies = probe_leak(Copier(), face, *sounds())
    assert listens.leak < 0.3
    assert listens.follows > 0.95
    assert listens.response > 20
    assert copies.leak == pytest.approx(1.0)
    assert copies.response == 0


def test_no_face(film):
    class Blind(Listener):
        def frames(self, face, audio):
            return [Shown(np.zeros((96, 96, 3), np.uint8), [])]

    with pytest.raises(InputError, match="no face found in 5 s"):
        probe_leak(Blind(), film("track.mp4", seconds=1.2), *sounds())
