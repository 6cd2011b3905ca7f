"""Report at the end of an expert's training what it came to."""

import logging
import math
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
from pytorch_lightning.callbacks import ModelCheckpoint

from wav2lip.checkpoints.expert import load_expert
from wav2lip.data.clip_dataset import Clip
from wav2lip.models import MeshSyncNet, SyncNet

log = logging.getLogger(__name__)
MAX_CLIPS = 200  # validation clips that are measured, evenly spaced


class WriteExpertReport(pl.Callback):
    """Write `report.txt` and `report.html` when an expert's training ends; see `ExpertReport`.

    Args:
        folder: of the reports.
        plot: PNG of the curves, for the page.
    """

    def __init__(self, folder: str, plot: str | None = None) -> None:
        self.folder = Path(folder)
        self.plot = Path(plot) if plot else None
        self._curve: list[tuple[int, float]] = []
        self._windows = 0

    def state_dict(self) -> dict[str, Any]:
        """Return the curve so far, so that a resumed run reports on the whole run."""
        return {"curve": self._curve, "windows": self._windows}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self._curve = [(int(step), float(value)) for step, value in state_dict.get("curve", [])]
        self._windows = int(state_dict.get("windows", 0))

    def on_validation_end(self, trainer: pl.Trainer, pl_module: Any) -> None:
        found = trainer.callback_metrics.get("val/pairwise")
        if found is None or trainer.sanity_checking:
            return
        if not self._curve or self._curve[-1][0] < trainer.global_step:
            self._curve.append((trainer.global_step, float(found)))

    def on_train_batch_end(
        self, trainer: pl.Trainer, pl_module: Any, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        self._windows = math.prod(pl_module.windows_in(batch)) * trainer.world_size

    # Not on_train_end: a run that was killed after its last step has nothing left to train when it is resumed.
    def on_fit_end(self, trainer: pl.Trainer, pl_module: Any) -> None:
        network = self._best_network(trainer)
        if not trainer.is_global_zero or network is None:
            return
        # Evaluation takes a second to import, which no training needs until it ends.
        from wav2lip.evaluation.card_tables import make_card
        from wav2lip.evaluation.expert_card import card_clips
        from wav2lip.evaluation.expert_report import ExpertReport, lacks

        trainer.fit_loop.epoch_loop.val_loop.setup_data()  # not yet done without a step
        validation = self._clips(trainer.val_dataloaders)
        step = -(-len(validation) // MAX_CLIPS)
        table = make_card(network, card_clips(validation[::step], {}), quick=True)["accuracy"]
        clips = self._clips(trainer.train_dataloader)
        row, causes = table.rows[0], lacks(clips)
        step, window = trainer.global_step, network.window
        report = ExpertReport(step, self._windows, self._curve, row, causes, window)
        report.write(self.folder, self.plot)
        log.info("%s(%s)", report.text(), self.folder / "report.html")

    @staticmethod
    def _clips(loader: Any) -> list[Clip]:
        return list(loader.dataset.clips)

    @staticmethod
    def _best_network(trainer: pl.Trainer) -> "SyncNet | MeshSyncNet | None":
        """Return the network of the best checkpoint; None without one."""
        for callback in trainer.checkpoint_callbacks:
            path = getattr(callback, "best_model_path", "")
            if isinstance(callback, ModelCheckpoint) and path and Path(path).is_file():
                network = load_expert(path).network
                assert isinstance(network, SyncNet | MeshSyncNet)
                return network
        return None
