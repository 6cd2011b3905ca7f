"""Save the checkpoint that an interrupted run resumes from."""

from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import Checkpoint
from pytorch_lightning.plugins.io import TorchCheckpointIO

from wav2lip.utils.files import AtomicFile


class AtomicCheckpoints(TorchCheckpointIO):
    """Lightning's checkpoint files, written beside the one that they replace.

    Lightning writes to the folder of temporary files and copies. If that is another file system, a process
    killed meanwhile leaves half a checkpoint instead of the one before.
    """

    def save_checkpoint(
        self, checkpoint: dict[str, Any], path: str | Path, storage_options: Any = None
    ) -> None:
        """Write a checkpoint; see `AtomicFile` for the errors."""
        with AtomicFile(Path(path)) as new:
            torch.save(checkpoint, new.file)


class LastCheckpoint(Checkpoint):
    """Save the whole training state to one file, every `every` steps and after each validation.

    At the last step of an epoch Lightning saves before the validation that follows. A run resumed from that
    checkpoint skips the validation and everything that depends on it, such as a schedule, and so differs from an
    uninterrupted run. This callback saves after the validation instead.

    Args:
        path: The checkpoint file; replaced atomically.
        every: Number of steps between two saves.
    """

    def __init__(self, path: str, every: int = 50) -> None:
        self.path = Path(path)
        self.every = every

    def on_train_batch_end(
        self, trainer: pl.Trainer, pl_module: Any, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        validates_next = trainer.is_last_batch and trainer.enable_validation
        if trainer.global_step % self.every == 0 and not validates_next:
            self.save(trainer)

    def on_validation_end(self, trainer: pl.Trainer, pl_module: Any) -> None:
        if not trainer.sanity_checking:
            self.save(trainer)

    def save(self, trainer: pl.Trainer) -> None:
        """Write the checkpoint now."""
        trainer.save_checkpoint(self.path)
