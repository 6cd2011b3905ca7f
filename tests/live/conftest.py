"""A small face (public domain) and a generator that opens its mouth by a constant."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from networks import opening_generator
from skimage import data

from wav2lip.engines.mesh_engine import TorchMeshEngine
from wav2lip.inference.settings import Settings
from wav2lip.live import Avatar, LiveWorker
from wav2lip.types import Image

ROOT = Path(__file__).resolve().parents[2]
BOX = (27, 90, 25, 70)  # top, bottom, left, right


@pytest.fixture(scope="session")
def smile() -> Image:
    """(100, 120, 3) BGR; the outer eye corners are 31 px apart."""
    picture = data.astronaut()[0:200, 130:370, ::-1]
    return np.ascontiguousarray(cv2.resize(picture, (120, 100), interpolation=cv2.INTER_AREA))


@pytest.fixture(scope="session")
def engine() -> TorchMeshEngine:
    return TorchMeshEngine(opening_generator(0.15, by_sound=0.5))


@pytest.fixture(scope="session")
def film(smile: Image) -> list[Image]:
    """Four frames that differ in one corner; 25 per second."""
    frames = [smile.copy() for _ in range(4)]
    for number, frame in enumerate(frames):
        frame[80:, 100:] = 60 * number
    return frames


@pytest.fixture(scope="session")
def avatar(film: list[Image], engine: TorchMeshEngine) -> Avatar:
    return Avatar.from_file(film, engine, Settings(box=BOX), color="bgr", fps=25)


@pytest.fixture
def worker(engine: TorchMeshEngine):
    with LiveWorker(engine, threads=1) as running:
        yield running


@pytest.fixture(scope="session")
def speech_wav() -> Path:
    return ROOT / "data" / "speech.wav"
