from dataclasses import replace

import numpy as np
import pytest
import pytorch_lightning as pl
import torch
from torch.utils.data import DataLoader, Dataset

from wav2lip.clips import ClipFile
from wav2lip.clips.clip_file import write_clip as write_file
from wav2lip.data.clip_dataset import Clip
from wav2lip.regions import LIP_GAPS
from wav2lip.synthetic.clips import synthesize, write_synthetic_clip, write_synthetic_corpus

SIZE = 48
OFFSETS = (-8, -7, -5, -4, -2, 0, 3, 4, 6, 8)  # frames, of ten clips


class Batches(Dataset):
    """Twelve samples with the names of their clips."""

    def __init__(self) -> None:
        self.mel = torch.arange(12.0).reshape(12, 1, 1, 1).expand(12, 2, 1, 1).clone()

    def __len__(self) -> int:
        return len(self.mel)

    def __getitem__(self, index) -> dict:
        return {"mel": self.mel[index], "clip": f"clip-{index:02}"}


class ScriptedTask(pl.LightningModule):
    """A task with one weight; losses are given per step, metrics per validation."""

    def __init__(self, losses=(), validations=(), lr=0.1) -> None:
        super().__init__()
        self.weight = torch.nn.Parameter(torch.tensor(1.0))
        self.losses = list(losses)
        self.validations = list(validations)
        self.weights = {"l1": 0.9, "sync": 0.1}
        self.seen = []
        self.lr = lr

    def windows_in(self, batch):
        return batch["mel"].shape[:2]

    def training_step(self, batch, _):
        step = self.trainer.global_step
        self.seen.append(self.weights["sync"])
        loss = self.losses[step] if step < len(self.losses) else 1.0
        self.log("train/sync", loss)
        return loss + 0.0 * self.weight if loss == loss else loss * self.weight

    def validation_step(self, batch, _):
        self.log_dict(self.validations[min(self.current_epoch, len(self.validations) - 1)])

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), self.lr)


@pytest.fixture
def scripted():
    return ScriptedTask


@pytest.fixture
def loaders():
    """Training batches of two in order, six an epoch, and one validation batch."""
    data = Batches()
    return DataLoader(data, 2), DataLoader(data, 12)


@pytest.fixture
def trainer():
    """A quiet trainer on the CPU; the callbacks come first, then options."""
    return lambda steps, *callbacks, **options: pl.Trainer(
        max_steps=steps,
        accelerator="cpu",
        callbacks=list(callbacks),
        enable_model_summary=False,
        num_sanity_val_steps=0,
        log_every_n_steps=1,
        **{
            "logger": False,
            "enable_checkpointing": False,
            "enable_progress_bar": False,
            **options,
        },
    )


@pytest.fixture(scope="session")
def corpus(tmp_path_factory):
    folder = tmp_path_factory.mktemp("corpus")
    write_synthetic_corpus(folder, {"train": 4, "val": 3}, seconds=1.4, image_size=SIZE)
    return folder


def write(folder, name, seed, offset=0, silent=False):
    clip = synthesize(seed, seconds=3.0, size=96, av_offset=offset)
    if silent:
        clip = replace(clip, wav=np.zeros_like(clip.wav))
    row = write_synthetic_clip(folder, name, clip, image_size=48)
    return Clip(folder / row.clip, replace(row, speaker=name))


@pytest.fixture(scope="session")
def write_clip():
    """Writes a synthetic clip of its own speaker: (folder, name, seed, offset, silent) -> Clip."""
    return write


def add_meshes(clips, folder, missing=0.0):
    """Copies of synthetic clips with meshes whose lips open as the rendered face's do."""
    copies = []
    for number, clip in enumerate(clips):
        file = ClipFile(clip.path)
        kind, seed = clip.path.stem.split("-")
        offset = OFFSETS[int(seed)] if kind == "off" else 0
        opening = synthesize(int(seed), seconds=3.0, size=32, av_offset=offset).opening
        points = np.full((file.frames, 468, 3), 0.5, np.float32)
        for _, lower in LIP_GAPS:
            points[:, lower, 1] += 0.1 * opening
        points[: round(missing * file.frames)] = np.nan
        path = folder / f"{number}-{clip.path.name}"
        metadata = {k: v for k, v in file.metadata.items() if k != "format"}
        jpegs = file.jpegs(0, file.frames)
        mel = file.mel(0, file.mel_columns).T
        write_file(
            path, jpegs, file.boxes(), file.times(), mel, file.pcm(), metadata, landmarks=points
        )
        copies.append(replace(clip, path=path))
    return copies


@pytest.fixture
def with_meshes(tmp_path):
    """Copies clips and adds face meshes: (clips, missing=share of frames without) -> clips."""
    return lambda clips, missing=0.0: add_meshes(clips, tmp_path, missing)


@pytest.fixture(scope="session")
def planted_offsets():
    return OFFSETS


@pytest.fixture(scope="session")
def off_sync(tmp_path_factory):
    folder = tmp_path_factory.mktemp("off_sync")
    return [write(folder, f"off-{seed}", seed, offset=o) for seed, o in enumerate(OFFSETS)]


@pytest.fixture(scope="session")
def mismatched(tmp_path_factory):
    """Faces that move to one speech, with the audio of another."""
    folder = tmp_path_factory.mktemp("mismatched")
    clips = []
    for seed in range(10):
        clip = replace(
            synthesize(seed, seconds=3.0, size=96),
            wav=synthesize(100 + seed, seconds=3.0, size=32).wav,
        )
        row = write_synthetic_clip(folder, f"strange-{seed}", clip, image_size=48)
        clips.append(Clip(folder / row.clip, row))
    return clips
