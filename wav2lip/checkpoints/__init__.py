"""Networks in files: build, load, save, export; the bundled weights and every download.

The submodules load on first use: `bundled`, `registry`, `downloads`, `kinds` and `provenance` need no torch.
"""

from typing import TYPE_CHECKING

import lazy_loader

if TYPE_CHECKING:  # type checkers do not follow lazy names
    from wav2lip.checkpoints.build import build_network as build_network
    from wav2lip.checkpoints.bundled import bundled_names as bundled_names
    from wav2lip.checkpoints.bundled import find_bundled as find_bundled
    from wav2lip.checkpoints.downloads import cache_folder as cache_folder
    from wav2lip.checkpoints.downloads import fetch as fetch
    from wav2lip.checkpoints.export import export_network as export_network
    from wav2lip.checkpoints.kinds import KINDS as KINDS
    from wav2lip.checkpoints.kinds import Kind as Kind
    from wav2lip.checkpoints.load import LoadedNetwork as LoadedNetwork
    from wav2lip.checkpoints.load import load_network as load_network
    from wav2lip.checkpoints.provenance import TrainingId as TrainingId
    from wav2lip.checkpoints.provenance import expert_ids as expert_ids
    from wav2lip.checkpoints.registry import CHECKPOINTS as CHECKPOINTS
    from wav2lip.checkpoints.registry import DETECTOR_WEIGHTS as DETECTOR_WEIGHTS
    from wav2lip.checkpoints.registry import RemoteFile as RemoteFile
    from wav2lip.checkpoints.save import save_network as save_network

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "build": ["build_network"],
        "bundled": ["bundled_names", "find_bundled"],
        "downloads": ["cache_folder", "fetch"],
        "export": ["export_network"],
        "kinds": ["KINDS", "Kind"],
        "load": ["LoadedNetwork", "load_network"],
        "provenance": ["TrainingId", "expert_ids"],
        "registry": ["CHECKPOINTS", "DETECTOR_WEIGHTS", "RemoteFile"],
        "save": ["save_network"],
    },
)
