"""Early stopping: a run that it has ended stays ended when its command is repeated."""

from typing import Any

import pytorch_lightning as pl


class EarlyStopping(pl.callbacks.EarlyStopping):
    """Lightning's early stopping, whose decision a resumed run remembers.

    Lightning restores the count of validations without progress, but would train until the next one.
    """

    def on_train_start(self, trainer: pl.Trainer, pl_module: Any) -> None:
        if self.wait_count >= self.patience:
            trainer.should_stop = True
