"""Where to go on after an interruption."""

from pathlib import Path
from typing import Any

import pytorch_lightning as pl
from pytorch_lightning.callbacks import Checkpoint


class LastCheckpoint(Checkpoint):
    """Saves the whole state to one file every so many steps, and after every validation.

    Lightning's own checkpoint at the last step of an epoch is written before the validation that
    follows, and a run resumed from it leaves that validation out, with all that depends on it: a schedule
    would then differ from the uninterrupted run's. This one waits for the validation.

    Args:
        path: of the file, replaced as a whole.
        every: steps.
    """

    def __init__(self, path: str, every: int = 50) -> None:
        self.path = Path(path)
        self.every = every

    def on_train_batch_end(
        self, trainer: pl.Trainer, pl_module: Any, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        validated_next = trainer.is_last_batch and trainer.enable_validation
        if trainer.global_step % self.every == 0 and not validated_next:
            self.save(trainer)

    def on_validation_end(self, trainer: pl.Trainer, pl_module: Any) -> None:
        if not trainer.sanity_checking:
            self.save(trainer)

    def save(self, trainer: pl.Trainer) -> None:
        """Write the file now."""
        trainer.save_checkpoint(self.path)
