"""The arguments of a task as `hparams.yaml`, complete at any moment."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pytorch_lightning.core.saving import save_hparams_to_yaml

from wav2lip.utils.files import AtomicFile


def write_hparams(path: Path, hparams: Mapping[str, Any]) -> None:
    """Write arguments as Lightning does, but to a file that replaces the one before.

    Args:
        path: the file.
        hparams: values by name.

    Raises:
        OutputError: the file cannot be written.
    """
    with AtomicFile(path) as new:
        save_hparams_to_yaml(new.part, dict(hparams))
