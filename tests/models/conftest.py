"""Weights and inputs that depend on nothing but names, so that outputs can be literal numbers."""

import math
import zlib
from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor, nn

Filler = Callable[[nn.Module, str], nn.Module]
Uniform = Callable[[str, tuple[int, ...], float, float], Tensor]


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
