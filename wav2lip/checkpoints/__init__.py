"""Read and write networks in any supported format, and fetch published ones."""

from wav2lip.checkpoints.networks import (
    CLASSES,
    FPS,
    KINDS,
    Kind,
    LoadedNetwork,
    build_network,
    load_network,
    save_network,
    to_plain,
)

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
