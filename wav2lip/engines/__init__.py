"""Engines: how a trained generator runs. See `Engine` and `MeshEngine`; `build_engine` chooses one.

The submodules load on first use: those for exported networks need no torch.
"""

from typing import TYPE_CHECKING

import lazy_loader

if TYPE_CHECKING:  # type checkers do not follow lazy names
    from wav2lip.engines.choose import ENGINES as ENGINES
    from wav2lip.engines.choose import build_engine as build_engine
    from wav2lip.engines.engine import Engine as Engine
    from wav2lip.engines.engine import MeshEngine as MeshEngine
    from wav2lip.engines.mesh_engine import TorchMeshEngine as TorchMeshEngine
    from wav2lip.engines.torch_engine import TorchEngine as TorchEngine

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "choose": ["ENGINES", "build_engine"],
        "engine": ["Engine", "MeshEngine"],
        "mesh_engine": ["TorchMeshEngine"],
        "torch_engine": ["TorchEngine"],
    },
)
