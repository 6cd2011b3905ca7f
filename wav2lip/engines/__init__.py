"""Engines: how a trained generator runs. Each renders faces from crops and mel windows (see `Engine`)."""

from typing import TYPE_CHECKING

import lazy_loader

if TYPE_CHECKING:  # type checkers do not follow lazy names
    from wav2lip.engines.engine import Engine as Engine
    from wav2lip.engines.fuse_bn import fuse_batch_norms as fuse_batch_norms
    from wav2lip.engines.torch_engine import TorchEngine as TorchEngine

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "engine": ["Engine"],
        "fuse_bn": ["fuse_batch_norms"],
        "torch_engine": ["TorchEngine"],
    },
)
