from functools import partial

import pytest
import pytorch_lightning as pl

from wav2lip.checkpoints import build_network, save_network
from wav2lip.data.datamodule import ClipDataModule
from wav2lip.data.datasets import SyncDataset
from wav2lip.synthetic.clips import write_synthetic_corpus
from wav2lip.tasks import SyncNetTask

SYNCNET = {
    "_target_": "wav2lip.models.SyncNet",
    "width": 0.25,
    "image_size": 48,
    "stem_stride": 2,
    "embedding": 64,
    "final_relu": False,
    "max_residuals": 1,
    "audio_residuals": [1, 0, 0, 0],
}


@pytest.fixture(scope="session")
def expert(tmp_path_factory):
    """A checkpoint of a sync expert that has learned nothing: for what does not depend on its judgement."""
    path = tmp_path_factory.mktemp("expert") / "expert.safetensors"
    save_network(path, build_network(SYNCNET), SYNCNET, {})
    return path


@pytest.fixture(scope="session")
def trained_expert(tmp_path_factory):
    """A small sync expert that can tell on synthetic faces of 48 px, as a checkpoint."""
    folder = tmp_path_factory.mktemp("expert")
    write_synthetic_corpus(folder, {"train": 32, "val": 1}, seconds=3.0, image_size=48)
    pl.seed_everything(0, workers=True)
    task = SyncNetTask(
        syncnet=SYNCNET,
        loss={"_target_": "wav2lip.losses.WindowContrast", "within": 0.7},
        optimizer={"_target_": "torch.optim.AdamW", "lr": 2e-3},
        warmup=5,
    )
    data = ClipDataModule(
        dataset=partial(SyncDataset, windows=8, gap=3, image_size=48),
        val_dataset=partial(SyncDataset, windows=20, image_size=48),
        manifests=str(folder),
        batch_size=6,
        steps_per_epoch=80,
    )
    trainer = pl.Trainer(
        max_steps=80,
        accelerator="cpu",
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        limit_val_batches=0,
    )
    trainer.fit(task, data)
    path = folder / "expert.safetensors"
    save_network(path, task.syncnet, SYNCNET, {})
    return path
