from functools import partial

import pytest
import torch
from motion_clips import write_motion_corpus
from pytorch_lightning.callbacks import ModelCheckpoint

from wav2lip.callbacks import EMA
from wav2lip.checkpoints import load_network, save_network
from wav2lip.data.datamodule import ClipDataModule, collate, load_clips
from wav2lip.data.mesh_sync import MeshSyncDataset
from wav2lip.data.motion import MotionDataset
from wav2lip.data.motion_basis import motion_basis
from wav2lip.errors import InputError
from wav2lip.models import MeshSyncNet
from wav2lip.tasks import LipMotionTask
from wav2lip.tasks.lip_motion import at_columns, at_steps

NETWORK = {"_target_": "wav2lip.models.LipMotion", "width": 24, "stacks": 1, "components": 4}


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    folder = tmp_path_factory.mktemp("motion")
    write_motion_corpus(folder, {"train": 10, "val": 2}, seconds=3)
    return folder


def make_task(**changes: object):
    arguments = {
        "lip_motion": {**NETWORK, "dropout": 0.0, "lookahead_ms": 200},
        "optimizer": {"_target_": "torch.optim.AdamW", "lr": 5e-3},
        "weights": {"error": 1.0, "correlation": 1.0},
        "warmup": 5,
    }
    return LipMotionTask(**{**arguments, **changes})


def make_data(folder, steps):
    train, val = partial(MotionDataset, frames=40, pauses=0.1), MotionDataset
    return ClipDataModule(train, val, [str(folder)], 8, steps, val_batch_size=1)


def test_motion_is_read_between_its_steps():
    motion = torch.tensor([[[0.0, 2.0, 4.0, 10.0]]])
    steps = torch.tensor([[0.0, 0.5, 2.5, 3.0, 9.0, -1.0]])
    assert at_steps(motion, steps)[0, :, 0].tolist() == [0, 1, 7, 10, 10, 0]


@pytest.mark.slow
def test_the_network_learns_how_a_voice_opens_the_mouth(corpus, trainer):
    task = make_task()
    run = trainer(60)
    run.fit(task, make_data(corpus, 60))
    metrics = run.callback_metrics
    assert metrics["val/opening"] > 0.8
    assert 0.6 < metrics["val/range"] < 1.4
    silence = torch.full((1, 80, 160), -4.0)
    assert task.eval().lip_motion(silence)[0, 0, 20:60].abs().max() < 0.7  # closed, of 4 when open


def test_a_checkpoint_rebuilds_the_network_and_its_basis(corpus, trainer, tmp_path):
    run = trainer(3, ModelCheckpoint(tmp_path, save_last=True), EMA(0.9))
    run.fit(make_task(), make_data(corpus, 3))
    assert set(run.callback_metrics) >= {"val/opening", "val/width", "val/jaw", "val/range"}
    loaded = load_network(tmp_path / "last.ckpt", "lip_motion")
    assert loaded.config["components"] == 4
    basis = motion_basis()
    assert loaded.network.vertices.tolist() == basis.vertices.tolist()
    assert torch.equal(loaded.network.basis, torch.tensor(basis.components[:4]))


@pytest.fixture(scope="module")
def expert(tmp_path_factory):
    torch.manual_seed(0)
    network = MeshSyncNet(width=8, speech=False)
    basis = motion_basis()
    network.vertices.copy_(torch.tensor(basis.vertices))
    network.basis.copy_(torch.tensor(basis.components))
    path = tmp_path_factory.mktemp("expert") / "expert.safetensors"
    config = {"_target_": "wav2lip.models.MeshSyncNet", "width": 8, "speech": False}
    save_network(path, network, config, {"training_id": "seed=7 clips=0123abcd"})
    return path


def test_an_expert_asks_for_motion_that_tells_its_sound(corpus, trainer, expert):
    task = make_task(expert=str(expert), weights={"error": 1.0, "correlation": 1.0, "sync": 0.5})
    run = trainer(2)
    run.fit(task, make_data(corpus, 2))
    assert 0 < run.callback_metrics["train/sync"] < 5
    assert task.provenance()["expert_id"] == "seed=7 clips=0123abcd"
    assert not any(key.startswith("_expert") for key in task.state_dict())
    batch = collate([MotionDataset(load_clips([str(corpus)], "val"))[0]])
    predicted = task.predict(batch).detach().requires_grad_()
    task.sync(batch, predicted).backward()
    assert predicted.grad.abs().sum() > 0


def test_an_expert_is_for_clips_of_25_frames_per_second(corpus, trainer, expert, monkeypatch):
    class Fast(MotionDataset):
        fps = property(lambda _: 50.0, lambda _, value: None)

    data = make_data(corpus, 1)
    data.dataset = partial(Fast, frames=40)
    weights = {"error": 1.0, "correlation": 1.0, "sync": 1.0}
    with pytest.raises(InputError, match="the clips have 50 frames per second"):
        trainer(1).fit(make_task(expert=str(expert), weights=weights), data)


def test_the_expert_hears_the_sound_of_each_frame(corpus):
    clip = load_clips([str(corpus)], "val")[0]
    batch = collate([MotionDataset([clip], delay=0.05)[0]])
    heard = at_columns(batch["audio"], batch["columns"])[0]
    known = MeshSyncDataset([clip], speech=False)[0]["audio"]
    torch.testing.assert_close(heard[:, 3:-3], known[:, 3:-3], atol=1e-3, rtol=0)


def test_an_expert_that_reads_more_than_the_network_is_refused(tmp_path):
    path = tmp_path / "expert.safetensors"
    config = {"_target_": "wav2lip.models.MeshSyncNet", "width": 8}
    save_network(path, MeshSyncNet(width=8), config, {})
    with pytest.raises(InputError, match="reads features of speech, the network does not; set"):
        make_task(expert=str(path), weights={"error": 1.0, "correlation": 1.0, "sync": 0.5})


def test_the_weights_of_the_measures_are_where_the_network_is():
    task = make_task(measure_weights={"opening": 2.0, "width": 1.0, "jaw": 1.0})
    assert task.shares.tolist() == [0.5, 0.25, 0.25]
    assert "shares" not in task.state_dict()
    assert task.to("meta").shares.device.type == "meta"


def test_the_weights_of_the_measures_count():
    torch.manual_seed(0)
    batch = {
        "audio": torch.randn(2, 80, 60),
        "steps": torch.arange(20.0).expand(2, 20) + 3,
        "motion": torch.randn(2, 20, 12),
        "weight": torch.ones(2, 20),
        "clip": ["a", "b"],
    }
    losses = {}
    for name in ("opening", "width", "jaw"):
        torch.manual_seed(1)
        shares = {"opening": 0.0, "width": 0.0, "jaw": 0.0, name: 2.0}
        task = make_task(weights={"error": 0.0, "correlation": 1.0}, measure_weights=shares)
        task.log_dict = lambda *_, **__: None
        losses[name] = task.training_step(batch, 0).item()
    torch.manual_seed(1)
    task = make_task(weights={"error": 0.0, "correlation": 1.0})
    task.log_dict = lambda *_, **__: None
    assert task.training_step(batch, 0).item() == pytest.approx(sum(losses.values()) / 3, rel=1e-5)


def test_closed_lips_count_more_in_the_error():
    task = make_task(weights={"error": 1.0, "correlation": 0.0}, closure_weight=3.0)
    task.log_dict = lambda *_, **__: None
    task.predict = lambda batch: torch.zeros(1, 2, 4)
    motion = torch.zeros(1, 2, 4)
    motion[0, 0, 0], motion[0, 1, 0] = -1.0, 2.0  # the first opens the mouth by 0.03 per unit
    batch = {"motion": motion, "weight": torch.ones(1, 2), "clip": ["a"]}
    expected = (3 * 0.5 + 1.5) / 4 / (3 + 1)  # smooth L1, over four coefficients
    assert task.training_step(batch, 0).item() == pytest.approx(expected)


def test_a_network_of_another_size_than_the_basis_is_refused():
    with pytest.raises(InputError, match=r"12 components of 205 points, the network 12 of 100"):
        make_task(lip_motion={**NETWORK, "points": 100, "components": 12})
    with pytest.raises(InputError, match=r"give it components=12 or fewer and points=205"):
        make_task(lip_motion={**NETWORK, "components": 20})
