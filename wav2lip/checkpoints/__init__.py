"""Read and write networks in any supported format, and fetch published ones."""

from wav2lip.checkpoints.networks import (
    CLASSES,
    KINDS,
    Kind,
    LoadedNetwork,
    build_network,
    load_network,
    save_network,
    to_plain,
)
from wav2lip.types import FPS

__all__ = [
    "CLASSES",
    "FPS",
    "KINDS",
    "Kind",
    "LoadedNetwork",
    "build_network",
    "load_network",
    "save_network",
    "to_plain",
]
