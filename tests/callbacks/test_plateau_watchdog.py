import logging
import math

import pytest
import torch
from torch.utils.data import DataLoader

from wav2lip.callbacks import PlateauWatchdog
from wav2lip.callbacks.diagnosis import Cause
from wav2lip.callbacks.plateau_watchdog import format_report
from wav2lip.data.datamodule import load_clips
from wav2lip.data.datasets import SyncDataset


def test_the_report_lists_likely_causes_first():
    causes = [Cause("duplicate clips", "9 of 12", 0.9), Cause("silent audio", "0 of 12", 0.0)]
    lines = format_report(1500, 0.6931, math.log(2), causes).splitlines()
    assert lines == [
        "no progress: after 1500 steps the training loss is 0.693, chance level is 0.693.",
        "Likely causes:",
        "  1. duplicate clips: 9 of 12",
        "  unlikely, silent audio: 0 of 12",
    ]
    healthy = format_report(1500, 0.6931, math.log(2), causes[1:])
    assert "No usual cause stands out" in healthy


@pytest.mark.parametrize(("losses", "stuck"), [([0.7] * 8, True), ([0.7] * 4 + [0.5] * 4, False)])
def test_a_run_at_chance_is_reported_once(scripted, trainer, corpus, caplog, losses, stuck):
    class Chance(torch.nn.Module):
        def chance(self, clips, windows):
            assert (clips, windows) == (2, 3)
            return math.log(2)

    class Task(scripted):
        loss = Chance()

    data = SyncDataset(load_clips([str(corpus)], "train"), samples=16, windows=3, image_size=48)
    loader = DataLoader(data, 2)
    with caplog.at_level(logging.WARNING):
        trainer(8, PlateauWatchdog(steps=6, window=2)).fit(Task(losses=losses), loader)
    messages = [r.getMessage() for r in caplog.records if "no progress" in r.getMessage()]
    assert len(messages) == int(stuck)
    if stuck:
        assert "after 6 steps the training loss is 0.700, chance level is 0.693" in messages[0]
        assert "too few speakers: 4 speakers in 4 clips" in messages[0]
        assert "learning rate: the rate is 1.0e-01, the weights have changed by 0 %" in messages[0]


def test_a_resumed_run_reports_on_the_whole_run(scripted, trainer, corpus, tmp_path, caplog):
    class Chance(torch.nn.Module):
        def chance(self, clips, windows):
            return math.log(2)

    class Task(scripted):
        loss = Chance()

        def training_step(self, batch, index):
            # The weight falls by 0.1 a step from 1 to 0.7 before the stop, and then stays.
            moves = self.trainer.global_step < 3
            return super().training_step(batch, index) + moves * (
                self.weight - self.weight.detach()
            )

    data = SyncDataset(load_clips([str(corpus)], "train"), samples=8, windows=3, image_size=48)
    options = {"enable_checkpointing": True, "default_root_dir": tmp_path}
    task = Task(losses=[0.7] * 8)
    first = trainer(4, PlateauWatchdog(steps=6, window=4), **options)
    first.fit(task, DataLoader(data, 2))
    first.save_checkpoint(tmp_path / "last.ckpt")
    assert "no progress" not in caplog.text
    with caplog.at_level(logging.WARNING):
        trainer(8, PlateauWatchdog(steps=6, window=4), **options).fit(
            Task(losses=[9.0] * 4 + [0.7] * 4),
            DataLoader(data, 2),
            ckpt_path=tmp_path / "last.ckpt",
            weights_only=True,
        )
    assert "after 6 steps the training loss is 0.700" in caplog.text
    assert "the weights have changed by 30 %" in caplog.text


def test_a_task_without_a_chance_level_is_not_watched(scripted, loaders, trainer, caplog):
    with caplog.at_level(logging.WARNING):
        trainer(6, PlateauWatchdog(steps=2)).fit(scripted(), loaders[0])
    assert "no progress" not in caplog.text
