"""What a config takes from a checkpoint: the shape of its network, and what it was trained with."""

from functools import lru_cache
from typing import Any

from omegaconf import DictConfig, OmegaConf

from wav2lip.checkpoints import LoadedNetwork, load_network


@lru_cache(1)
def _loaded(path_or_name: str) -> LoadedNetwork:
    return load_network(path_or_name, "generator")


def network_config(path_or_name: str) -> DictConfig:
    """`_target_` and arguments of a checkpoint's generator."""
    return OmegaConf.create(_loaded(path_or_name).config)


def metadata(path_or_name: str, name: str) -> Any:
    """`mel_offset_frames`, `fps` or `image_size` of a checkpoint's generator."""
    return _loaded(path_or_name).metadata[name]


def register_resolvers() -> None:
    """Make `${checkpoint_config:default}` and `${checkpoint:default,image_size}` known to configs."""
    OmegaConf.register_new_resolver("checkpoint_config", network_config, replace=True)
    OmegaConf.register_new_resolver("checkpoint", metadata, replace=True)
