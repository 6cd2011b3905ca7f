from functools import partial

import pytest
import torch
from mouth_clips import write_mouth_corpus
from pytorch_lightning.callbacks import ModelCheckpoint

from wav2lip.checkpoints import load_network, save_network
from wav2lip.data.datamodule import ClipDataModule
from wav2lip.data.mouth_pairs import MouthPairDataset
from wav2lip.errors import InputError
from wav2lip.models import LipMotion
from wav2lip.tasks import MeshGeneratorTask
from wav2lip.tasks.resumable import require_resumable

MOTION = {"width": 8, "stacks": 1, "dilations": [1], "components": 3}
WEIGHTS = {"l1": 1.0, "detail": 1.0, "drawn": 0.3, "hue": 1.0, "adv": 0.02, "features": 0.04}


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    folder = tmp_path_factory.mktemp("mouths")
    write_mouth_corpus(folder, {"train": 2, "val": 1})
    return folder


@pytest.fixture(scope="module")
def motion(tmp_path_factory):
    path = tmp_path_factory.mktemp("motion") / "motion.safetensors"
    torch.manual_seed(0)
    network = LipMotion(**MOTION)
    config = {"_target_": "wav2lip.models.LipMotion", **MOTION}
    save_network(path, network, config, {"expert_id": "seed 1, clips 0"}, half=False)
    return path


def make_task(motion, **changes: object):
    arguments = {
        "generator": {"_target_": "wav2lip.models.MeshGenerator", "inpainter_width": 0.25},
        "discriminator": {"_target_": "wav2lip.models.PatchDiscriminator", "width": 0.25},
        "optimizer": {"_target_": "torch.optim.AdamW", "lr": 3e-3},
        "weights": WEIGHTS,
        "motion_from": motion and str(motion),
    }
    return MeshGeneratorTask(**{**arguments, **changes})


def test_the_expert_of_the_motion_is_remembered(motion, trainer):
    task = make_task(motion)
    task._trainer = trainer(1)
    assert task.provenance()["expert_id"] == "seed 1, clips 0"


def test_the_experts_of_the_start_are_remembered(motion, trainer, tmp_path):
    task = make_task(motion)
    config = task.hparams["generator"]
    start = {"expert_id": "seed 2, clips 0", "earlier_expert_ids": "seed 3, clips 0"}
    save_network(tmp_path / "start.safetensors", task.generator, dict(config), start)
    task = make_task(motion, init_from=str(tmp_path / "start.safetensors"))
    task._trainer = trainer(1)
    found = task.provenance()
    assert found["expert_id"] == "seed 1, clips 0"
    assert found["earlier_expert_ids"] == "seed 2, clips 0; seed 3, clips 0"


def make_data(folder, steps):
    return ClipDataModule(MouthPairDataset, MouthPairDataset, [str(folder)], 4, steps)


def test_the_motion_that_is_given_replaces_that_of_the_start(motion, trainer, tmp_path):
    torch.manual_seed(5)
    start = make_task(None, generator={**make_task(motion).hparams["generator"]})
    path = tmp_path / "start.safetensors"
    known = {"expert_id": "seed 2, clips 0"}
    save_network(path, start.generator, dict(start.hparams["generator"]), known, half=False)

    def of(task):
        return next(task.generator.motion.parameters())

    wanted = next(load_network(motion, "lip_motion").network.parameters())
    assert not torch.equal(of(start), wanted)
    assert torch.equal(of(make_task(motion, init_from=str(path))), wanted)
    kept = make_task(None, generator=start.hparams["generator"], init_from=str(path))
    assert torch.equal(of(kept), of(start))
    kept._trainer = trainer(1)
    assert kept.provenance()["expert_id"] == "seed 2, clips 0"


def test_a_run_with_another_motion_does_not_resume(motion, tmp_path):
    task = make_task(motion)
    path = tmp_path / "last.ckpt"
    torch.save({"state_dict": task.state_dict(), "hyper_parameters": dict(task.hparams)}, path)
    require_resumable(path, make_task(motion))
    torch.manual_seed(6)
    other = tmp_path / "other.safetensors"
    config = {"_target_": "wav2lip.models.LipMotion", **MOTION}
    save_network(other, LipMotion(**MOTION), config, {}, half=False)
    with pytest.raises(InputError, match=r"another frozen network \(generator\.motion\."):
        require_resumable(path, make_task(other))


def test_a_checkpoint_has_the_motion_it_was_given_and_a_trained_inpainter(
    corpus, motion, trainer, tmp_path
):
    task = make_task(motion, adv_from=2, scales=2)
    before = {k: v.clone() for k, v in task.generator.state_dict().items()}
    run = trainer(4, ModelCheckpoint(tmp_path, save_last=True))
    run.fit(task, make_data(corpus, 4))
    assert run.global_step == 4
    assert {"val/l1", "val/sharpness", "train/adv", "train/fake"} <= set(run.callback_metrics)
    loaded = load_network(tmp_path / "last.ckpt", "generator")
    assert loaded.config["width"] == 8
    assert loaded.metadata["face_crop"] == "aligned"
    after = loaded.network.state_dict()
    assert all((after[k] == v).all() for k, v in before.items() if k.startswith("motion."))
    changed = [k for k, v in before.items() if not (after[k] == v).all()]
    assert changed
    assert all(k.startswith("inpainter.") for k in changed)


def test_samples_without_exemplars_have_weights_of_their_own(motion):
    shape = torch.ones(4, 2, 72, 96)
    batch = {"target": torch.zeros(4, 3, 72, 96, dtype=torch.uint8), "shape": shape}
    made_up = torch.tensor([False, False, True, True])
    grey = torch.full((4, 3, 72, 96), 0.4)
    grey[2:] = 0.8
    loss, terms = make_task(motion).match(grey, grey, batch, made_up)
    assert {name: round(float(value), 4) for name, value in terms.items()} == {
        "hue": 0, "l1": 0.6, "detail": 0, "drawn": 0.6,
    }  # fmt: skip
    assert float(loss) == pytest.approx(1.3 * 0.6, abs=1e-4)
    photo = {"l1": 0.5, "detail": 0.0, "drawn": 0.1}
    loss, _ = make_task(motion, photo_weights=photo).match(grey, grey, batch, made_up)
    assert float(loss) == pytest.approx(1.3 * 0.2 + 0.6 * 0.4, abs=1e-4)


@pytest.mark.slow
def test_the_inpainter_learns_the_inside_of_a_mouth(corpus, motion, trainer):
    task = make_task(motion, adv_from=10_000, warmup=5)
    run = trainer(60)
    data = partial(make_data, corpus)
    (start,) = run.validate(task, data(60), verbose=False)
    run.fit(task, data(60))
    end = run.callback_metrics
    assert end["val/l1"] < 0.8 * start["val/l1"]
    assert end["val/l1"] < 0.9 * end["val/moved_l1"]
