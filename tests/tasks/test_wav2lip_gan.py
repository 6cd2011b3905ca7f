import math

import pytest
import torch
from pytorch_lightning.callbacks import ModelCheckpoint

from wav2lip.checkpoints import load_network
from wav2lip.errors import InputError
from wav2lip.tasks.base import warmup_cosine


def moved(before, network):
    return {k for k, v in network.state_dict().items() if not torch.equal(v, before[k])}


def clone(network):
    return {k: v.clone() for k, v in network.state_dict().items()}


def test_both_networks_learn_and_a_batch_is_one_step(gan_task, lip_data, trainer, tmp_path):
    task = gan_task()
    generator, discriminator = clone(task.generator), clone(task.discriminator)
    run = trainer(4, ModelCheckpoint(tmp_path, save_last=True))
    run.fit(task, lip_data())
    assert run.global_step == 4  # not 8: two optimizers, one step per batch
    assert run.fit_loop.epoch_loop.total_batch_idx == 3
    assert "output_block.1.weight" in moved(generator, task.generator)
    assert "binary_pred.0.weight" in moved(discriminator, task.discriminator)
    expected = 1e-3 * warmup_cosine(4, 3, 4)
    for optimizer in run.optimizers:
        assert optimizer.param_groups[0]["lr"] == pytest.approx(expected)
    assert {"val/l1", "val/loss", "val/adv", "val/fooled", "train/adv"} <= set(run.callback_metrics)
    saved = torch.load(tmp_path / "last.ckpt", weights_only=True)
    assert saved["global_step"] == 4
    assert len(saved["optimizer_states"]) == len(saved["lr_schedulers"]) == 2
    for kind, network in (
        ("generator", task.generator),
        ("quality_discriminator", task.discriminator),
    ):
        loaded = load_network(tmp_path / "last.ckpt", kind).network
        assert not moved(clone(loaded), network)


def test_each_step_moves_its_own_network_alone(gan_task, lip_data, trainer, monkeypatch):
    task = gan_task()
    steps = []

    def watch(optimizer, loss, counted):
        before = clone(task.generator), clone(task.discriminator)
        original(optimizer, loss, counted)
        parameters = {n for n, _ in task.named_parameters()}
        changed = {f"generator.{k}" for k in moved(before[0], task.generator)}
        changed |= {f"discriminator.{k}" for k in moved(before[1], task.discriminator)}
        steps.append((counted, {name.split(".")[0] for name in changed & parameters}))

    original = task.step_optimizer
    monkeypatch.setattr(task, "step_optimizer", watch)
    trainer(1).fit(task, lip_data())
    assert steps == [(True, {"generator"}), (False, {"discriminator"})]
    assert all(p.requires_grad for p in task.discriminator.parameters())


def test_gradients_are_clipped(gan_task, lip_data, trainer, monkeypatch):
    sgd = {"_target_": "torch.optim.SGD", "lr": 1.0}
    task = gan_task(max_grad_norm=1e-3, optimizer=sgd, warmup=None)
    before = [p.clone() for p in task.parameters()]
    trainer(1).fit(task, lip_data())
    change = [a - b for a, b in zip(task.parameters(), before, strict=True)]
    # One step of each network at a rate of 1: both are as long as the largest norm.
    assert math.sqrt(sum(float(c.square().sum()) for c in change)) == pytest.approx(
        math.sqrt(2) * 1e-3, rel=0.01
    )


def test_a_missing_weight_is_named(gan_task):
    with pytest.raises(InputError, match="needs adv"):
        gan_task(weights={"l1": 1.0})


def test_references_are_neutralized_with_a_discriminator_too(
    gan_task, lip_data, trainer, neutralized
):
    task = gan_task(neutral_share=1.0)
    batches = neutralized(task)
    trainer(2).fit(task, lip_data())
    assert len(batches) == 2
