"""The expert learns sync from scratch on synthetic talking faces, and from nothing but sync."""

import math
from functools import partial

import numpy as np
import pytest
import pytorch_lightning as pl
import torch
from torch import Tensor

from wav2lip.data.augment import NO_AUGMENT
from wav2lip.data.datamodule import ClipDataModule
from wav2lip.data.datasets import SyncDataset
from wav2lip.synthetic.clips import write_synthetic_corpus
from wav2lip.tasks import SyncNetTask

LN2 = math.log(2)  # the pair loss at chance


class ShuffledSyncDataset(SyncDataset):
    """The same clips and windows, but each window gets the audio of another one of its clip."""

    def __getitem__(self, index: int) -> dict[str, Tensor | str]:
        sample = super().__getitem__(index)
        order = np.random.default_rng(index).permutation(len(sample["mel"]))
        return {**sample, "mel": sample["mel"][torch.from_numpy(order)]}


class PairLoss(pl.Callback):
    """Mean -log p(own audio rather than audio 10 frames off), p from the expert's own scale."""

    value = LN2

    def on_validation_batch_end(self, trainer, task, outputs, batch, batch_idx):
        with torch.no_grad():
            audio, face = task.embed(batch)
        similarity = task.loss.scale * face @ audio.transpose(1, 2)
        own = similarity.diagonal(0, 1, 2)
        off = similarity.diagonal(10, 1, 2)
        margin = own[:, : off.shape[1]] - off
        self.value = float(torch.nn.functional.softplus(-margin).mean())


def train(corpus, dataset, steps, image_size, clips_per_batch=6):
    """Validation metrics after `steps`, by name, and the pair loss under `pair`."""
    pl.seed_everything(0, workers=True)
    task = SyncNetTask(
        syncnet={
            "_target_": "wav2lip.models.SyncNet",
            "width": 0.25,
            "image_size": image_size,
            "stem_stride": 2,
            "embedding": 64,
            "final_relu": False,
            "max_residuals": 1,
            "audio_residuals": [1, 0, 0, 0],
        },
        loss={"_target_": "wav2lip.losses.WindowContrast", "within": 0.7},
        optimizer={"_target_": "torch.optim.AdamW", "lr": 2e-3},
        warmup=5,
    )
    data = ClipDataModule(
        dataset=partial(dataset, windows=8, gap=5, image_size=image_size, augment=NO_AUGMENT),
        val_dataset=partial(SyncDataset, windows=40, image_size=image_size),
        manifests=[str(corpus)],
        batch_size=clips_per_batch,
        steps_per_epoch=steps,
        val_batch_size=64,
    )
    pair = PairLoss()
    trainer = pl.Trainer(
        max_steps=steps,
        accelerator="cpu",
        logger=False,
        callbacks=[pair],
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        num_sanity_val_steps=0,
    )
    trainer.fit(task, data)
    values = {name: float(value) for name, value in trainer.callback_metrics.items()}
    return {**values, "pair": pair.value}


@pytest.fixture(scope="module")
def small_corpus(tmp_path_factory):
    folder = tmp_path_factory.mktemp("small")
    write_synthetic_corpus(folder, {"train": 32, "val": 10}, seconds=3.0, image_size=48)
    return folder


def test_a_small_expert_learns_sync_of_unseen_speakers_in_seconds(small_corpus):
    result = train(small_corpus, SyncDataset, steps=100, image_size=48)
    assert result["val/pairwise"] >= 0.85
    assert result["val/offset_within_1"] >= 0.9
    assert result["pair"] < 0.6 * LN2


def test_shuffled_labels_teach_a_small_expert_nothing(small_corpus):
    result = train(small_corpus, ShuffledSyncDataset, steps=30, image_size=48)
    assert 0.4 < result["val/pairwise"] < 0.6
    assert result["pair"] > 0.9 * LN2


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    folder = tmp_path_factory.mktemp("corpus")
    write_synthetic_corpus(folder, {"train": 64, "val": 24}, seconds=3.0, image_size=96)
    return folder


@pytest.mark.slow
def test_the_expert_tells_in_sync_from_off_sync_for_unseen_speakers(corpus):
    result = train(corpus, SyncDataset, steps=160, image_size=96)
    assert result["val/pairwise"] >= 0.85
    assert result["val/offset_within_1"] >= 0.9
    assert result["pair"] < 0.6 * LN2


@pytest.mark.slow
def test_shuffled_labels_teach_nothing(corpus):
    result = train(corpus, ShuffledSyncDataset, steps=160, image_size=96)
    assert 0.4 < result["val/pairwise"] < 0.6
    assert result["pair"] > 0.95 * LN2
