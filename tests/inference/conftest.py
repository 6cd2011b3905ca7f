"""A tiny generator, a small real face (public domain), sounds and videos made on the spot."""

import wave
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from skimage import data

from wav2lip.checkpoints import build_network, save_network
from wav2lip.media.video import VideoWriter

CONFIG = {"_target_": "wav2lip.models.Generator", "width": 0.0625}
FPS = 25


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("inference")


@pytest.fixture(scope="session")
def checkpoint(folder: Path) -> Path:
    torch.manual_seed(0)
    network = build_network(CONFIG)
    for name, value in network.named_buffers():  # statistics that folding must not lose
        if name.endswith("running_mean"):
            value.uniform_(-0.1, 0.1)
        if name.endswith("running_var"):
            value.uniform_(0.5, 2)
    path = folder / "tiny.safetensors"
    meta = {"mel_offset_frames": -1, "fps": 25, "image_size": 96}
    save_network(path, network, CONFIG, meta)
    return path


@pytest.fixture(scope="session")
def face() -> NDArray[np.uint8]:
    """(128, 160, 3) BGR; the face is about 58 px wide."""
    picture = data.astronaut()[0:256, 64:384, ::-1]
    return cv2.resize(picture, (160, 128), interpolation=cv2.INTER_AREA)


@pytest.fixture(scope="session")
def still(folder: Path, face: NDArray[np.uint8]) -> Path:
    path = folder / "face.png"
    cv2.imwrite(str(path), face)
    return path


Film = Callable[..., Path]


@pytest.fixture(scope="session")
def film(folder: Path, face: NDArray[np.uint8]) -> Film:
    """Makes a video of the face that drifts to the right, frame i by i / 4 px."""

    def make(name: str, frames: int = 20, fps: Fraction | int = FPS, keep: object = None) -> Path:
        path = folder / name
        with VideoWriter(path, 160, 128, Fraction(fps), crf=10) as writer:
            for i in range(frames):
                shift = np.array([[1, 0, i / 4], [0, 1, 0]], np.float64)
                image = cv2.warpAffine(face, shift, (160, 128), borderMode=cv2.BORDER_REPLICATE)
                if callable(keep) and not keep(i):
                    image = np.full_like(image, 60)
                image[:8, :8] = 255 * (i % 2)  # a mark that tells odd frames from even ones
                writer.write(image, float(i / Fraction(fps)))
        return path

    return make


def write_wav(path: Path, seconds: float, rate: int = 16000) -> Path:
    """A warbling tone."""
    time = np.arange(round(seconds * rate)) / rate
    sound = np.sin(2 * np.pi * 220 * time) * np.abs(np.sin(2 * np.pi * 3 * time))
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes((sound * 12000).astype(np.int16).tobytes())
    return path


@pytest.fixture(scope="session")
def sound(folder: Path) -> Callable[[float], Path]:
    """Makes a wav of so many seconds."""
    return lambda seconds: write_wav(folder / f"{seconds:g}.wav", seconds)
