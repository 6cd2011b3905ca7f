from functools import partial

import pytest
import pytorch_lightning as pl
import torch

from wav2lip.checkpoints import save_network
from wav2lip.data.augment import AugmentSettings
from wav2lip.data.datamodule import ClipDataModule
from wav2lip.data.datasets import LipDataset, SyncDataset
from wav2lip.synthetic.clips import write_synthetic_corpus
from wav2lip.tasks import SyncNetTask, Wav2LipGANTask, Wav2LipTask

SIZE = 48
ADAM = {"_target_": "torch.optim.AdamW", "lr": 1e-3, "betas": [0.5, 0.99]}
TINY = {"width": 0.0625, "image_size": SIZE, "audio_residuals": [0, 0, 0, 0], "max_residuals": 0}


@pytest.fixture(autouse=True)
def _same_weights() -> None:
    """Initialize networks alike in every run: a few draws leave no unit of a tiny expert active."""
    torch.manual_seed(0)


@pytest.fixture(scope="session")
def small_corpus(tmp_path_factory):
    folder = tmp_path_factory.mktemp("small_corpus")
    write_synthetic_corpus(folder, {"train": 4, "val": 3}, seconds=1.4, image_size=SIZE)
    return folder


@pytest.fixture
def sync_task():
    def make(**changes: object):
        arguments = {
            "syncnet": {
                "_target_": "wav2lip.models.SyncNet",
                "stem_stride": 2,
                "embedding": 16,
                **TINY,
            },
            "loss": {"_target_": "wav2lip.losses.WindowContrast"},
            "optimizer": ADAM,
            "warmup": 3,
        }
        return SyncNetTask(**{**arguments, **changes})

    return make


@pytest.fixture
def lip_task():
    def make(**changes: object):
        arguments = {
            "generator": {"_target_": "wav2lip.models.Generator", "embedding": 16, **TINY},
            "optimizer": ADAM,
            "sync_loss": {"_target_": "wav2lip.losses.SyncContrast"},
            "weights": {"l1": 1.0, "sync": 0.1},
        }
        return Wav2LipTask(**{**arguments, **changes})

    return make


@pytest.fixture
def gan_task():
    def make(**changes: object):
        arguments = {
            "generator": {"_target_": "wav2lip.models.Generator", "embedding": 16, **TINY},
            "discriminator": {
                "_target_": "wav2lip.models.QualityDiscriminator",
                "width": 0.0625,
                "image_size": SIZE,
            },
            "optimizer": ADAM,
            "sync_loss": {"_target_": "wav2lip.losses.SyncContrast"},
            "weights": {"l1": 1.0, "sync": 0.1, "adv": 0.05},
            "max_grad_norm": 1.0,
            "warmup": 3,
        }
        return Wav2LipGANTask(**{**arguments, **changes})

    return make


@pytest.fixture
def expert(sync_task, tmp_path):
    """The file of an untrained expert."""
    task = sync_task()
    save_network(tmp_path / "expert.safetensors", task.syncnet, task.hparams["syncnet"], {}, False)
    return str(tmp_path / "expert.safetensors")


@pytest.fixture
def sync_data(small_corpus):
    train = partial(SyncDataset, windows=3, image_size=SIZE, augment=AugmentSettings())
    val = partial(SyncDataset, windows=12, image_size=SIZE)
    return lambda steps=3: ClipDataModule(train, val, [str(small_corpus)], 2, steps)


@pytest.fixture
def lip_data(small_corpus):
    train = partial(LipDataset, image_size=SIZE, augment=AugmentSettings())
    return lambda steps=3: ClipDataModule(
        train, partial(LipDataset, image_size=SIZE), [str(small_corpus)], 2, steps
    )


@pytest.fixture
def trainer(tmp_path):
    """A quiet trainer on the CPU; callbacks and the number of steps are the caller's."""
    return lambda steps, *callbacks: pl.Trainer(
        max_steps=steps,
        default_root_dir=tmp_path,
        accelerator="cpu",
        logger=False,
        callbacks=list(callbacks),
        enable_checkpointing=bool(callbacks),
        enable_progress_bar=False,
        enable_model_summary=False,
        num_sanity_val_steps=0,
        use_distributed_sampler=False,
    )


@pytest.fixture
def neutralized(monkeypatch):
    """Make a list to which a task adds an entry for every batch that it neutralizes."""

    def make(task) -> list[int]:
        counted: list[int] = []
        original = task.neutralize
        monkeypatch.setattr(task, "neutralize", lambda batch: counted.append(1) or original(batch))
        return counted

    return make
