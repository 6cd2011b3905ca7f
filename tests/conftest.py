"""Fixtures for all tests. Weights and inputs depend on names alone, so that outputs can be literal numbers."""

import logging
import math
import signal
import sys
import zlib
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from wav2lip.faces.mesh import FaceMesh
from wav2lip.media import VideoWriter, load_wav, read_image
from wav2lip.media.pcm import to_pcm, write_wav

ROOT = Path(__file__).resolve().parents[1]
Filler = Callable[[nn.Module, str], nn.Module]
Uniform = Callable[[str, tuple[int, ...], float, float], Tensor]


def pytest_runtest_setup() -> None:
    """Keep pytest's streams open: absl, which OpenVINO imports, closes the one it saw when logging is set up anew."""
    absl = sys.modules.get("absl.logging")
    if absl is not None:
        absl.PythonHandler.close = logging.Handler.close


@pytest.fixture(scope="session", autouse=True)
def _ctrl_c() -> None:
    """A shell's background jobs ignore Ctrl-C, and so would the tests of it and the scripts they start."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def shared() -> Path:
    """Real media and golden numbers beside the checkout, which most users do not have."""
    folder = ROOT.parent / "shared"
    if not folder.is_dir():
        pytest.skip("no folder of real media beside the checkout")
    return folder


def _value(name: str, key: str, shape: tuple[int, ...]) -> np.ndarray:
    normal = np.random.RandomState(zlib.crc32(name.encode())).standard_normal
    if key.endswith("num_batches_tracked"):
        return np.asarray(7, dtype=np.int64)
    if key.endswith("running_var"):
        return 1 + 0.2 * np.abs(normal(shape))
    if key.endswith("running_mean"):
        return 0.1 * normal(shape)
    if key.endswith("bias"):
        return 0.05 * normal(shape)
    if len(shape) == 1:
        return 1 + 0.1 * normal(shape)
    return math.sqrt(1.2 / int(np.prod(shape[1:]))) * normal(shape)


@pytest.fixture(scope="session")
def fill() -> Filler:
    """`fill(network, salt)` loads fan-in-scaled normals seeded by salt + key; eval mode."""

    def run(network: nn.Module, salt: str) -> nn.Module:
        state = network.state_dict()
        values = {
            key: torch.from_numpy(np.asarray(_value(salt + key, key, tuple(old.shape)))).to(
                old.dtype
            )
            for key, old in state.items()
        }
        network.load_state_dict(values)
        return network.eval()

    return run


@pytest.fixture(scope="session")
def uniform() -> Uniform:
    """`uniform(name, shape, low, high)`: float32 seeded by the name."""

    def run(name: str, shape: tuple[int, ...], low: float, high: float) -> Tensor:
        rng = np.random.RandomState(zlib.crc32(name.encode()))
        return torch.from_numpy(rng.uniform(low, high, shape).astype(np.float32))

    return run


@pytest.fixture(scope="module")
def portrait() -> np.ndarray:
    """(320, 320, 3) BGR; the box of the face is 120 57 211 185."""
    from skimage import data

    return np.ascontiguousarray(data.astronaut()[:320, 60:380, ::-1])


@pytest.fixture(scope="module")
def mesh() -> FaceMesh:
    return FaceMesh()


@pytest.fixture(scope="session")
def talking_portrait(tmp_path_factory):
    """A video: the portrait for 15 frames, then 10 frames of noise; speech, then silence."""
    folder = tmp_path_factory.mktemp("inspect")
    portrait = read_image(ROOT / "data" / "astronaut.jpg")[:256, 80:400]
    noise = np.random.default_rng(0).integers(0, 255, portrait.shape).astype(np.uint8)
    wav = np.concatenate(
        [load_wav(ROOT / "data" / "speech.wav")[8_000:17_600], np.zeros(6_400, np.float32)]
    )
    write_wav(folder / "sound.wav", to_pcm(wav))
    with VideoWriter(
        folder / "talk.mp4", 320, 256, Fraction(25), audio=folder / "sound.wav"
    ) as writer:
        for index in range(25):
            writer.write(portrait if index < 15 else noise, index / 25)
    return folder / "talk.mp4"
