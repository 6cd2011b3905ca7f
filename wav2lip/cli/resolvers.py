"""Config values read from a checkpoint: the config of its network and its metadata."""

from functools import lru_cache
from typing import Any

from omegaconf import DictConfig, OmegaConf

from wav2lip.checkpoints import LoadedNetwork, load_network


@lru_cache(1)
def _load(path_or_name: str) -> LoadedNetwork:
    return load_network(path_or_name, "generator")


def network_config(path_or_name: str) -> DictConfig:
    """Return `_target_` and arguments of a checkpoint's generator."""
    return OmegaConf.create(_load(path_or_name).config)


def metadata(path_or_name: str, name: str) -> Any:
    """Return one entry of a checkpoint's metadata.

    Args:
        path_or_name: a generator, as `load_network` takes it.
        name: "mel_offset_frames", "fps" or "image_size".
    """
    return _load(path_or_name).metadata[name]


def register_resolvers() -> None:
    """Register `${checkpoint_config:default}` and `${checkpoint:default,image_size}` for configs."""
    OmegaConf.register_new_resolver("checkpoint_config", network_config, replace=True)
    OmegaConf.register_new_resolver("checkpoint", metadata, replace=True)
