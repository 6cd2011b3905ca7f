import math

import pytest
import torch
from pytorch_lightning.callbacks import ModelCheckpoint

from wav2lip.checkpoints import load_network, save_network
from wav2lip.errors import InputError
from wav2lip.models.audio_encoder import copy_audio_encoder
from wav2lip.models.generator import face_inputs, mask_lower_half
from wav2lip.tasks.wav2lip import lower_halves


def batch_of(lip_data):
    return next(iter(lip_data().val_dataloader()))


def test_the_lower_half_is_masked_and_is_the_input_of_the_expert():
    faces = torch.arange(2 * 3 * 5 * 8 * 8).reshape(2, 3, 5, 8, 8).float() + 1
    masked = mask_lower_half(faces)
    assert (masked[..., :4, :] == faces[..., :4, :]).all()
    assert (masked[..., 4:, :] == 0).all()
    lips = lower_halves(faces)
    assert lips.shape == (2, 15, 4, 8)
    assert torch.equal(lips[1, 3 * 2 + 1], faces[1, 1, 2, 4:])  # frame 2, channel 1


def test_the_expert_stays_frozen_and_out_of_the_checkpoint(
    lip_task, lip_data, trainer, expert, tmp_path
):
    task = lip_task(expert=expert)
    (network,) = task._expert
    before = {key: value.clone() for key, value in network.state_dict().items()}
    run = trainer(3, ModelCheckpoint(tmp_path, save_last=True))
    run.fit(task, lip_data())
    assert not any(module.training for module in network.modules())
    assert task.generator.training or run.state.finished
    assert all(torch.equal(value, before[key]) for key, value in network.state_dict().items())
    assert {"val/l1", "val/sync", "val/response", "val/reference_l1"} <= set(run.callback_metrics)
    generated, reference = (run.callback_metrics[f"val/{x}_psnr"] for x in ("mouth", "reference"))
    assert 3 < generated < reference < 60  # three steps are no match for a real mouth
    checkpoint = torch.load(tmp_path / "last.ckpt", weights_only=True)
    assert all(key.startswith(("generator.", "sync_loss.")) for key in checkpoint["state_dict"])

    loaded = load_network(tmp_path / "last.ckpt", "generator")
    assert loaded.metadata["mel_offset_frames"] == 0
    assert loaded.metadata["expert_id"] == load_network(expert, "syncnet").sha256
    assert "clips" in loaded.metadata["training_id"]
    assert loaded.metadata["face_crop"] == "s3fd"
    for key, value in task.generator.state_dict().items():
        assert torch.equal(loaded.network.state_dict()[key], value)


def test_the_sync_term_reaches_the_generator_and_not_the_expert(lip_task, lip_data, expert):
    task = lip_task(expert=expert)
    batch = batch_of(lip_data)
    terms = task.losses(task.generate(batch), batch)
    assert set(terms) == {"l1", "sync"}
    terms["sync"].backward()
    moved = [p.grad.abs().sum() for p in task.generator.parameters() if p.grad is not None]
    assert sum(moved) > 0
    assert all(p.grad is None for p in task._expert[0].parameters())


WARPING = {
    "_target_": "wav2lip.models.Generator",
    "width": 0.0625,
    "image_size": 48,
    "warp": True,
}


def test_references_are_neutralized_as_at_inference_and_nothing_else_changes(lip_task, lip_data):
    task = lip_task(neutral_share=0.5, generator=WARPING).train()
    batch = batch_of(lip_data)
    count = len(batch["clip"])
    chosen, others = list(range(1, count, 2)), list(range(0, count, 2))
    assert chosen
    before = {key: value.clone() for key, value in task.generator.state_dict().items()}
    neutral = task.neutralize(batch)
    assert all(module.training for module in task.modules())
    for key, value in task.generator.state_dict().items():
        assert torch.equal(value, before[key]), key
    assert torch.equal(neutral["reference"][others], batch["reference"][others])
    assert all(neutral[name] is batch[name] for name in set(batch) - {"reference"})

    task.eval()
    own = batch["reference"][chosen].float() / 255
    with torch.no_grad():
        silence = torch.full((len(chosen), 5, 1, 80, 16), -4.0)
        rendered = task.generator(silence, face_inputs(own, own))
    difference = neutral["reference"][chosen].float() / 255 - rendered
    assert difference.abs().max() <= 0.5 / 255 + 1e-6
    assert (rendered - own)[..., 24:, :].abs().mean() > 0.005  # untrained: it is another image
    assert lip_task(generator=WARPING).neutralize(batch) is batch
    assert (
        lip_task(neutral_share=0.5).neutralize(batch) is batch
    )  # it does not warp, so inference does not neutralize either


def test_training_neutralizes_and_validation_does_not(lip_task, lip_data, trainer, neutralized):
    task = lip_task(neutral_share=1.0)
    batches = neutralized(task)
    trainer(3).fit(task, lip_data())
    assert len(batches) == 3


def test_neutralizing_keeps_the_gradients_of_a_network_that_runs_in_bf16(lip_task, lip_data):
    task, batch = lip_task(neutral_share=1.0, generator=WARPING).train(), batch_of(lip_data)
    with torch.autocast("cpu", torch.bfloat16):
        generated = task.generate(task.neutralize(batch))
    generated.mean().backward()
    weights = [p for p in task.generator.parameters() if p.dim() == 4]
    assert all(p.grad is not None for p in weights)


def test_edges_and_the_experts_features_are_terms_if_they_have_a_weight(lip_task, lip_data, expert):
    weights = {"l1": 1.0, "sync": 0.1, "edge": 0.5, "features": 0.2}
    task = lip_task(expert=expert, weights=weights)
    batch = batch_of(lip_data)
    terms = task.losses(task.generate(batch), batch)
    assert set(terms) == {"l1", "edge", "sync", "features"}
    terms["features"].backward()
    assert sum(p.grad.abs().sum() for p in task.generator.parameters() if p.grad is not None) > 0
    assert all(p.grad is None for p in task._expert[0].parameters())
    with torch.no_grad():
        same = task.losses(batch["target"].float() / 255, batch)
    assert same["edge"] == same["features"] == same["l1"] == 0


def test_losses_are_in_fp32_where_the_network_runs_in_bf16(lip_task, lip_data, expert):
    ssim = {"ssim": {"_target_": "wav2lip.losses.SSIMLoss"}}
    weights = {"l1": 1.0, "sync": 0.1, "ssim": 0.1}
    task = lip_task(expert=expert, pixel_losses=ssim, weights=weights).eval()
    batch = batch_of(lip_data)
    with torch.no_grad():
        exact = task.generate(batch)
        with torch.autocast("cpu", torch.bfloat16):
            generated = task.generate(batch)
            terms = task.losses(generated, batch)
    assert generated.dtype == torch.float32
    assert 0 < (generated - exact).abs().max() < 0.02  # bf16 it was
    assert {name: value.dtype for name, value in terms.items()} == dict.fromkeys(
        ("l1", "sync", "ssim"), torch.float32
    )
    assert 0 < terms["ssim"] < 1
    with pytest.raises(InputError, match=r"needs \['l1', 'ssim'\]"):
        lip_task(pixel_losses=ssim)


def test_the_masked_half_of_the_target_does_not_reach_the_generator(lip_task, lip_data):
    task = lip_task().eval()
    batch = batch_of(lip_data)
    with torch.no_grad():
        before = task.generate(batch)
        assert before.shape == batch["target"].shape
        batch["target"][..., 24:, :] = 0  # the answer
        assert torch.equal(task.generate(batch), before)
        batch["target"][..., :24, :] = 0
        assert not torch.equal(task.generate(batch), before)


def test_an_audio_encoder_is_copied_up_to_the_first_block_that_differs(lip_task, sync_task):
    own, expert = lip_task().generator.audio_encoder, sync_task().syncnet.audio_encoder
    assert copy_audio_encoder(own, expert) == 6
    assert all(
        torch.equal(a, b) for a, b in zip(own.parameters(), expert.parameters(), strict=True)
    )
    generator = dict(lip_task().hparams["generator"], audio_residuals=[0, 0, 0, 1])
    longer = lip_task(generator=generator).generator.audio_encoder
    kept = [p.clone() for p in longer[4].parameters()]
    assert copy_audio_encoder(longer, expert) == 4
    assert all(torch.equal(a, b) for a, b in zip(longer[4].parameters(), kept, strict=True))


def test_a_trained_audio_encoder_is_not_replaced_by_the_experts(lip_task, expert, tmp_path):
    task = lip_task()
    path = tmp_path / "generator.safetensors"
    save_network(path, task.generator, task.hparams["generator"], {})
    for init_from, same in ((str(path), True), (None, False)):
        again = lip_task(init_from=init_from, expert=expert, audio_from_expert=True)
        own, trained = (one.generator.audio_encoder.state_dict() for one in (again, task))
        key = next(key for key in own if key.endswith("weight"))
        assert torch.allclose(own[key], trained[key], atol=1e-3) == same


def test_motion_gain_scales_the_audio_code_at_the_start(lip_task):
    torch.manual_seed(0)
    plain = lip_task().generator.audio_encoder.eval()
    torch.manual_seed(0)
    more = lip_task(motion_gain=2.5).generator.audio_encoder.eval()
    mel = torch.rand(3, 1, 80, 16)
    with torch.no_grad():
        assert torch.allclose(more(mel), 2.5 * plain(mel), atol=1e-5)


def test_an_expert_that_cannot_serve_is_named(lip_task, expert, tmp_path):
    task = lip_task()
    other = tmp_path / "generator.safetensors"
    save_network(other, task.generator, task.hparams["generator"], {})
    with pytest.raises(InputError, match=r"generator\.safetensors: holds a generator, not a sync"):
        lip_task(expert=str(other))
    with pytest.raises(InputError, match=r"no such checkpoint"):
        lip_task(expert=str(tmp_path / "missing.ckpt"))
    with pytest.raises(InputError, match=r"faces of 48 px, but the generator renders 96 px"):
        lip_task(expert=expert, generator={**task.hparams["generator"], "image_size": 96})
    with pytest.raises(InputError, match=r"needs a task\.sync_loss"):
        lip_task(expert=expert, sync_loss=None)
    with pytest.raises(InputError, match=r"task\.weights"):
        lip_task(expert=expert, weights={"l1": 1.0})


def test_audio_contrast_compares_with_a_mouth_of_other_audio(lip_task, lip_data, trainer):
    task = lip_task(weights={"l1": 1.0, "audio_contrast": 0.01})
    data = lip_data()
    trainer(2).fit(task, data)
    batch = next(iter(data.val_dataloader()))
    terms = task.losses(task.generate(batch), batch)
    assert sorted(terms) == ["audio_contrast", "l1"]
    same = {**batch, "mels": torch.zeros_like(batch["mels"])}  # all audio is the same
    task.eval()
    terms = task.losses(task.generate(same), same)
    assert terms["audio_contrast"].item() == pytest.approx(math.log(2), abs=1e-4)


@pytest.mark.parametrize("fixed", [True, False])
def test_the_initial_statistics_are_kept_on_demand(fixed, lip_task, lip_data, trainer):
    task = lip_task(fixed_statistics=fixed)
    norm = task.generator.audio_encoder[0].conv_block[1]
    before, weight = norm.running_mean.clone(), norm.weight.detach().clone()
    trainer(2).fit(task, lip_data())
    assert torch.equal(norm.running_mean, before) == fixed
    assert not torch.equal(norm.weight, weight)  # the weights are trained


def test_an_expert_of_other_crops_is_refused_before_training(
    lip_task, lip_data, trainer, sync_task, tmp_path
):
    made, paths = sync_task(), {}
    for kind in ("s3fd", "aligned"):
        paths[kind] = tmp_path / f"{kind}.safetensors"
        save_network(paths[kind], made.syncnet, made.hparams["syncnet"], {"face_crop": kind}, False)
    trainer(1).fit(lip_task(expert=str(paths["s3fd"])), lip_data())
    task = lip_task(expert=str(paths["aligned"]))
    with pytest.raises(
        InputError,
        match=r"aligned\.safetensors: is an expert for aligned crops, but the clips have s3fd ones; preprocess them "
        r"with clip\.face_crop=aligned, or train an expert",
    ):
        trainer(1).fit(task, lip_data())
    assert task.global_step == 0


def test_faces_of_another_size_are_named(lip_task, lip_data):
    task = lip_task(generator={"_target_": "wav2lip.models.Generator", "width": 0.0625})  # 96 px
    with pytest.raises(
        InputError, match=r"image_size=48, but the generator renders faces of 96 px"
    ):
        task.generate(batch_of(lip_data))


def test_a_generator_that_moves_the_mesh_is_refused(lip_task):
    mesh = {"_target_": "wav2lip.models.MeshGenerator", "width": 8, "stacks": 1, "dilations": [1]}
    with pytest.raises(InputError, match=r"MeshGenerator draws no whole face.*wav2lip personalize"):
        lip_task(generator=mesh)
