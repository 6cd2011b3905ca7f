from functools import partial

import pytest
import pytorch_lightning as pl
import torch

from wav2lip.checkpoints import build_network, load_network, save_network
from wav2lip.data.augment import NO_AUGMENT
from wav2lip.data.datamodule import ClipDataModule
from wav2lip.data.frame_sets import FrameSetDataset
from wav2lip.errors import InputError
from wav2lip.synthetic.clips import write_synthetic_corpus
from wav2lip.tasks import MouthCodeTask, Wav2LipTask

SIZE = 48
GENERATOR = {
    "_target_": "wav2lip.models.Generator",
    "width": 0.25,
    "image_size": SIZE,
    "embedding": 8,
    "rectify_sound": False,
    "warp": True,
    "audio_residuals": [0, 0, 0, 0],
    "max_residuals": 0,
}
ADAM = {"_target_": "torch.optim.AdamW", "lr": 3e-3}


def task(**changes: object):
    arguments = {
        "generator": GENERATOR,
        "mouth_encoder": {
            "_target_": "wav2lip.models.MouthEncoder",
            "image_size": SIZE,
            "code": 8,
            "channels": [16, 32],
        },
        "optimizer": ADAM,
        "weights": {"l1": 1.0, "edge": 0.5, "code": 0.1},
        "mouth_weight": 4.0,
        "mel_offset_frames": -2,
        "warmup": 5,
    }
    return MouthCodeTask(**{**arguments, **changes})


def fit(module, corpus, steps):
    data = ClipDataModule(
        dataset=partial(
            FrameSetDataset, frames=6, image_size=SIZE, augment=NO_AUGMENT, mel_offset_frames=-2
        ),
        val_dataset=partial(FrameSetDataset, frames=8, image_size=SIZE, mel_offset_frames=-2),
        manifests=[str(corpus)],
        batch_size=4,
        steps_per_epoch=steps,
    )
    trainer = pl.Trainer(
        max_steps=steps,
        accelerator="cpu",
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        num_sanity_val_steps=0,
    )
    trainer.fit(module, data)
    return trainer


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    folder = tmp_path_factory.mktemp("corpus")
    write_synthetic_corpus(folder, {"train": 24, "val": 8}, seconds=3.0, image_size=SIZE)
    return folder


@pytest.fixture(scope="module")
def trained(corpus, tmp_path_factory):
    """Metrics on unseen faces and sounds after some seconds, and the checkpoint."""
    pl.seed_everything(0, workers=True)
    path = tmp_path_factory.mktemp("run") / "last.ckpt"
    trainer = fit(task(), corpus, steps=120)
    trainer.save_checkpoint(path)
    return {k: float(v) for k, v in trainer.callback_metrics.items()}, path


def test_unseen_mouths_are_rendered_from_the_code_and_audio_predicts_the_code(trained):
    values, _ = trained
    assert values["val/code_l1"] < 0.9 * values["val/reference_l1"]
    assert values["val/code"] < 0.8
    assert values["val/audio_l1"] < values["val/swapped_l1"]
    assert values["val/response"] > 0.1 * values["val/reference_l1"]


def test_the_audio_encoder_alone_can_train_on_and_nothing_else_changes(trained, corpus):
    _, path = trained
    audio_only = task(init_from=str(path), weights={"l1": 0.0, "edge": 0.0, "code": 1.0})
    before = {k: v.clone() for k, v in audio_only.state_dict().items()}
    fit(audio_only, corpus, steps=3)
    moved = {k for k, v in audio_only.state_dict().items() if not torch.equal(v, before[k])}
    assert moved
    assert all(k.startswith("generator.audio_encoder.") for k in moved)


def test_the_checkpoint_holds_both_networks_and_starts_the_next_task(trained):
    _, path = trained
    loaded = load_network(path, "generator")
    assert loaded.metadata["mel_offset_frames"] == -2
    assert loaded.config["embedding"] == 8
    assert load_network(path, "mouth_encoder").config["code"] == 8
    following = Wav2LipTask(
        generator=GENERATOR, optimizer=ADAM, weights={"l1": 1.0}, init_from=str(path)
    )
    own, given = following.generator.state_dict(), loaded.network.state_dict()
    assert all(torch.equal(own[k], given[k]) for k in given)


def test_the_audio_encoder_may_start_from_an_experts(tmp_path):
    config = {
        "_target_": "wav2lip.models.SyncNet",
        "width": 0.25,
        "image_size": SIZE,
        "audio_residuals": [0, 0, 0, 0],
    }
    expert = build_network(config)
    save_network(tmp_path / "expert.safetensors", expert, config, {}, half=False)
    encoder = task(audio_from=str(tmp_path / "expert.safetensors")).generator.audio_encoder
    taken = [
        torch.equal(own.conv_block[0].weight, other.conv_block[0].weight)
        for own, other in zip(encoder, expert.audio_encoder, strict=True)
        if own.conv_block[0].weight.shape == other.conv_block[0].weight.shape
    ]
    assert taken == [True] * 5  # all but the last, which makes a code of another length


def test_another_shape_is_refused(trained):
    _, path = trained
    with pytest.raises(InputError, match="another shape"):
        task(generator={**GENERATOR, "width": 0.5}, init_from=str(path))
