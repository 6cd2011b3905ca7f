"""Engines: how a trained generator runs. Each has `render`, from face crops and mel windows to faces."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "engine": ["Engine"],
        "fuse_bn": ["fuse_batch_norms"],
        "torch_engine": ["TorchEngine"],
    },
)
