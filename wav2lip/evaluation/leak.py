"""Run a generator four times on one face, to see whether its mouth follows the sound."""

import wave
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from wav2lip.errors import InputError
from wav2lip.faces.crops import crop_face
from wav2lip.media.audio import SAMPLE_RATE
from wav2lip.media.video import probe
from wav2lip.metrics.leak import LeakProbe, leak_probe

DELAY = 0.2  # seconds that the shifted sound is late
FACE_SIZE = 96  # px

Pcm = NDArray[np.int16]


class Drawn(Protocol):
    """A frame of a generator's output."""

    @property
    def image(self) -> NDArray[np.uint8]:
        """(H,W,3) BGR."""
        ...

    @property
    def boxes(self) -> list[NDArray[np.float32]]:
        """Faces that were drawn, (4,) px each, the wanted one first."""
        ...


class Generator(Protocol):
    """What makes a face speak: `wav2lip.inference.lip_syncer.LipSyncer`."""

    def __call__(self, face: Path, audio: Path, output: Path) -> object:
        """Write the video `output`."""
        ...

    def frames(self, face: Path, audio: Path) -> Iterable[Drawn]:
        """The same frames, not written."""
        ...


def write_wav(path: Path, pcm: Pcm) -> None:
    """Write (N,) samples at 16 kHz."""
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, SAMPLE_RATE, 0, "NONE", ""))
        file.writeframes(pcm.astype("<i2").tobytes())


def four_sounds(right: Pcm, other: Pcm, samples: int) -> dict[str, Pcm]:
    """Right, swapped, late by `samples`, muted: all (N,), as long as `right`."""
    late = np.concatenate([np.zeros(samples, np.int16), right])[: len(right)]
    return {
        "right": right,
        "swapped": np.resize(other, right.shape).astype(np.int16),
        "shifted": late,
        "muted": np.zeros_like(right),
    }


def probe_leak(
    generator: Generator, face: Path, right: Pcm, other: Pcm, seconds: float = 5.0
) -> LeakProbe:
    """The leak probe on the first `seconds` of a face and its sound; `other` is somebody else's.

    Raises InputError for a clip too short, and where the face is not found.
    """
    fps = float(probe(face).fps)
    shift = max(1, round(DELAY * fps))
    right = right[: round(seconds * SAMPLE_RATE)]
    outputs = {}
    with TemporaryDirectory() as folder:
        for name, pcm in four_sounds(right, other, round(shift / fps * SAMPLE_RATE)).items():
            sound = Path(folder) / f"{name}.wav"
            write_wav(sound, pcm)
            drawn = [
                crop_face(frame.image, frame.boxes[0], FACE_SIZE)
                for frame in generator.frames(face, sound)
                if frame.boxes
            ]
            if not drawn:
                raise InputError(f"{face}: no face found in {seconds:g} s")
            outputs[name] = np.stack(drawn)
    return leak_probe(**outputs, shift=shift)
