"""Say so when the loader is what training waits for."""

import logging
import os
import time
from typing import Any

import pytorch_lightning as pl
import torch

log = logging.getLogger(__name__)
SPIKES = 0.05  # share of the longest waits left out: a checkpoint is written between two steps, too


def waiting_share(waits: list[float], works: list[float]) -> float:
    """Share of the time of a step that goes into waiting for its batch; the longest waits left out."""
    kept = sorted(waits)[: max(1, round(len(waits) * (1 - SPIKES)))]
    wait, work = sum(kept) / len(kept), sum(works) / len(works)
    return wait / (wait + work)


class LoaderWatchdog(pl.Callback):
    """Times `steps` steps after `warmup` steps, with the device waited for, and warns once.

    Args:
        warmup: steps in which workers start and kernels are chosen.
        steps: how many are timed.
        limit: share of a step's time spent waiting for its batch that is worth a word.
    """

    def __init__(self, warmup: int = 50, steps: int = 100, limit: float = 0.2) -> None:
        self.warmup = warmup
        self.steps = steps
        self.limit = limit
        self.share: float | None = None  # measured, once it is
        self._seen = 0
        self._waits: list[float] = []
        self._works: list[float] = []
        self._mark: float | None = None

    def _now(self, task: pl.LightningModule) -> float:
        if task.device.type == "cuda":
            torch.cuda.synchronize(task.device)
        return time.perf_counter()

    @property
    def _timing(self) -> bool:
        return self.share is None and self._seen >= self.warmup

    def on_train_batch_start(
        self, trainer: pl.Trainer, pl_module: Any, batch: Any, batch_idx: int
    ) -> None:
        if not self._timing:
            return
        now = self._now(pl_module)
        # Validation lies between two epochs: their first wait is not the loader's.
        if self._mark is not None and batch_idx > 0:
            self._waits.append(now - self._mark)
        self._mark = now

    def on_train_batch_end(
        self, trainer: pl.Trainer, pl_module: Any, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        self._seen += 1
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
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
        log.warning(
            "the loader is slower than the device: %.0f %% of a step's time is spent waiting for its "
            "batch; data.num_workers is %d and this machine has %d cores",
            100 * self.share,
            workers,
            cores,
        )
