"""Save the checkpoint that an interrupted run resumes from."""

import signal
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import Checkpoint
from pytorch_lightning.plugins.io import TorchCheckpointIO

from wav2lip.utils import signals
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
    """Save the whole training state to one file: every `every` steps, after each validation, and on a signal.

    At the last step of an epoch Lightning saves before the validation that follows. A run resumed from that
    checkpoint skips the validation and everything that depends on it, such as a schedule, and so differs from an
    uninterrupted run. This callback saves after the validation instead.

    SIGINT, SIGTERM and SIGHUP let the current step finish, and the validation if one is due. Then the state is
    saved and `Stopped` raised, in every process of the run at the same step.

    Args:
        path: The checkpoint file; replaced atomically.
        every: Number of steps between two saves.

    Attributes:
        step: Step of the state in the file; None before the first save.
    """

    def __init__(self, path: str, every: int = 50) -> None:
        self.path = Path(path)
        self.every = every
        self.step: int | None = None
        self._stop: int | None = None  # the signal, once the state is saved
        self._before = 0  # step after the last batch

    def on_train_start(self, trainer: pl.Trainer, pl_module: Any) -> None:
        self._before = trainer.global_step
        signals.defer()  # before the first step there is nothing to save

    def on_train_batch_start(
        self, trainer: pl.Trainer, pl_module: Any, batch: Any, batch_idx: int
    ) -> None:
        # Not right after the save: Lightning logs the metrics of a step after its last hook.
        if self._stop is not None:
            stop = signals.Stopped(self._stop)
            stop.add_note(
                f"step {trainer.global_step} is saved in {self.path}; the same command resumes there"
            )
            raise stop

    def on_train_batch_end(
        self, trainer: pl.Trainer, pl_module: Any, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        # A step of the optimizer may take several batches: gradients that are gathered are in no checkpoint.
        whole = trainer.accumulate_grad_batches == 1 or trainer.global_step != self._before
        self._before = trainer.global_step
        stop = self._stop_requested(trainer)
        every = trainer.check_val_every_n_epoch or 1
        due = trainer.enable_validation and (trainer.current_epoch + 1) % every == 0
        if trainer.is_last_batch and due:  # it saves, too
            return
        stepped = trainer.global_step not in (0, self.step)
        if (stop and whole) or (stepped and trainer.global_step % self.every == 0):
            self.save(trainer)
            self._stop = stop

    def on_validation_end(self, trainer: pl.Trainer, pl_module: Any) -> None:
        # A run resumed from step 0 counts one step too many for its loggers; starting over is exact.
        if trainer.sanity_checking or trainer.global_step == 0:
            return
        self.save(trainer)
        self._stop = self._stop_requested(trainer)

    @staticmethod
    def _stop_requested(trainer: pl.Trainer) -> int | None:
        """Return the signal that any process of the run has received."""
        number = signals.requested()
        if trainer.world_size == 1:
            return number
        if trainer.strategy.reduce_boolean_decision(number is not None, all=False):
            return number or signal.SIGTERM
        return None

    def on_load_checkpoint(
        self, trainer: pl.Trainer, pl_module: Any, checkpoint: dict[str, Any]
    ) -> None:
        self.step = checkpoint["global_step"]

    def on_exception(self, trainer: pl.Trainer, pl_module: Any, exception: BaseException) -> None:
        signals.undefer()

    def teardown(self, trainer: pl.Trainer, pl_module: Any, stage: str) -> None:
        signals.undefer()

    def save(self, trainer: pl.Trainer) -> None:
        """Write the checkpoint now."""
        trainer.save_checkpoint(self.path)
        self.step = trainer.global_step
