"""Audio-driven lip sync: train, ablate, score and run Wav2Lip models.

The public names load on first use, so that `import wav2lip` is fast.
"""

from typing import TYPE_CHECKING

import lazy_loader

if TYPE_CHECKING:
    from wav2lip.checkpoints import load_network as load_network
    from wav2lip.errors import InputError as InputError
    from wav2lip.inference.lip_syncer import LipSyncer as LipSyncer
    from wav2lip.inference.settings import Settings as Settings
    from wav2lip.models import Generator as Generator
    from wav2lip.models import SyncNet as SyncNet

__version__ = "0.2.0"

__getattr__, _, _ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "checkpoints": ["load_network"],
        "errors": ["InputError"],
        "inference.lip_syncer": ["LipSyncer"],
        "inference.settings": ["Settings"],
        "models": ["Generator", "SyncNet"],
    },
)
__all__ = [
    "Generator",
    "InputError",
    "LipSyncer",
    "Settings",
    "SyncNet",
    "__version__",
    "load_network",
]


def __dir__() -> list[str]:
    return __all__
