"""Warn when training waits for the data loader."""

import logging
import time
from typing import Any

import pytorch_lightning as pl
import torch

from wav2lip.utils.platform import cpu_count

log = logging.getLogger(__name__)
TRIMMED = 0.05  # share of the longest waits left out; some steps also write a checkpoint


def waiting_share(waits: list[float], works: list[float]) -> float:
    """Compute the share of a step's time that is spent waiting for its batch.

    Args:
        waits: Time between the end of a step and the start of the next one, in seconds.
        works: Duration of each step, in seconds.

    Returns:
        0 to 1, without the `TRIMMED` longest waits.
    """
    kept = sorted(waits)[: max(1, round(len(waits) * (1 - TRIMMED)))]
    wait, work = sum(kept) / len(kept), sum(works) / len(works)
    return wait / (wait + work)


class LoaderWatchdog(pl.Callback):
    """Time `steps` steps after `warmup` steps, synchronised with the device, and warn once if loading is slow.

    Args:
        warmup: Steps to skip, in which workers start and kernels are chosen.
        steps: Number of steps to time.
        limit: Share of a step's time spent waiting for its batch above which to warn.

    Attributes:
        share: The measured share, or None before `warmup` + `steps` steps.
    """

    def __init__(self, warmup: int = 50, steps: int = 100, limit: float = 0.2) -> None:
        self.warmup = warmup
        self.steps = steps
        self.limit = limit
        self.share: float | None = None
        self._finished = 0  # steps
        self._waits: list[float] = []
        self._works: list[float] = []
        self._mark: float | None = None

    def _now(self, task: pl.LightningModule) -> float:
        if task.device.type == "cuda":
            torch.cuda.synchronize(task.device)
        return time.perf_counter()

    @property
    def _timing(self) -> bool:
        return self.share is None and self._finished >= self.warmup

    def on_train_batch_start(
        self, trainer: pl.Trainer, pl_module: Any, batch: Any, batch_idx: int
    ) -> None:
        if not self._timing:
            return
        now = self._now(pl_module)
        # The first wait of an epoch includes the validation before it.
        if self._mark is not None and batch_idx > 0:
            self._waits.append(now - self._mark)
        self._mark = now

    def on_train_batch_end(
        self, trainer: pl.Trainer, pl_module: Any, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        self._finished += 1
        if self._mark is None or not self._timing:
            return
        now = self._now(pl_module)
        self._works.append(now - self._mark)
        self._mark = now
        if len(self._waits) >= self.steps:
            self._report(trainer)

    def _report(self, trainer: pl.Trainer) -> None:
        self.share = waiting_share(self._waits, self._works)
        if self.share < self.limit:
            return
        workers = getattr(trainer.train_dataloader, "num_workers", 0)
        log.warning(
            "the data loader is slower than the device: %.0f %% of each step is spent waiting for its "
            "batch; data.num_workers is %d and this machine has %d cores",
            100 * self.share,
            workers,
            cpu_count(),
        )
