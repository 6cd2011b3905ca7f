from functools import partial

import pytest
import pytorch_lightning as pl
import torch
from motion_clips import write_motion_corpus
from pytorch_lightning.callbacks import ModelCheckpoint

from wav2lip.checkpoints import load_network
from wav2lip.data.datamodule import ClipDataModule
from wav2lip.data.mesh_sync import MeshSyncDataset
from wav2lip.data.motion_basis import motion_basis
from wav2lip.errors import InputError
from wav2lip.tasks import MeshSyncNetTask

NETWORK = {"_target_": "wav2lip.models.MeshSyncNet", "width": 32, "dropout": 0.0, "speech": False}


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    folder = tmp_path_factory.mktemp("mesh")
    write_motion_corpus(folder, {"train": 10, "val": 2}, seconds=3)
    return folder


def make_task(**changes: object):
    loss = {"_target_": "wav2lip.losses.SeriesContrast"}
    return MeshSyncNetTask(
        {**NETWORK, **changes}, loss, {"_target_": "torch.optim.AdamW", "lr": 3e-3}, 5
    )


def make_data(folder, steps):
    dataset = partial(MeshSyncDataset, speech=False)
    return ClipDataModule(
        partial(dataset, frames=40), dataset, [str(folder)], 8, steps, val_batch_size=1
    )


@pytest.mark.slow
def test_the_expert_learns_which_sound_a_mouth_makes(corpus, trainer):
    run = trainer(80)
    run.fit(make_task(), make_data(corpus, 80))
    assert run.callback_metrics["val/pairwise"] > 0.8
    assert run.callback_metrics["val/offset_within_1"] == 1


def test_a_checkpoint_rebuilds_the_network_and_its_basis(corpus, trainer, tmp_path):
    run = trainer(2, ModelCheckpoint(tmp_path, save_last=True))
    run.fit(make_task(), make_data(corpus, 2))
    assert set(run.callback_metrics) >= {"val/sync", "val/pairwise", "val/offset_within_1"}
    loaded = load_network(tmp_path / "last.ckpt", "mesh_syncnet")
    assert loaded.config["width"] == 32
    assert torch.equal(loaded.network.basis, torch.tensor(motion_basis().components))


def test_a_resumed_run_draws_the_same_dropout(corpus, trainer, tmp_path):
    def losses(steps, name, resume=None):
        pl.seed_everything(3)
        found = []
        note = pl.Callback()
        note.on_train_batch_end = lambda *args, **_: found.append(float(args[2]["loss"]))
        run = trainer(steps, note, ModelCheckpoint(tmp_path / name, save_last=True))
        run.fit(make_task(dropout=0.4), make_data(corpus, 2), ckpt_path=resume, weights_only=True)
        return found

    whole = losses(4, "whole")
    assert losses(2, "first") == pytest.approx(whole[:2], abs=1e-6)
    rest = losses(4, "rest", tmp_path / "first" / "last.ckpt")
    assert rest == pytest.approx(whole[2:], abs=1e-6)


def test_windows_without_a_face_do_not_count():
    task = make_task()
    seen = torch.ones(1, 8, dtype=torch.bool)
    seen[0, 6] = False
    assert task.counting(seen).tolist() == [[True, True, False, False]]
    assert task.windows_in({"seen": seen.expand(3, 8)}) == (3, 4)


def test_another_basis_is_refused():
    with pytest.raises(InputError, match="the motion basis has 12 components of 205 points"):
        make_task(components=4)
