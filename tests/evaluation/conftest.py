"""A small expert that has learned sync on synthetic faces, and videos of such faces."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import pytorch_lightning as pl
import torch
from numpy.typing import NDArray

from wav2lip.checkpoints import build_network, save_network
from wav2lip.data.augment import NO_AUGMENT
from wav2lip.data.datamodule import ClipDataModule
from wav2lip.data.datasets import SyncDataset
from wav2lip.evaluation.judge import LoadedJudge, load_judge
from wav2lip.evaluation.views import FaceView
from wav2lip.models import SyncNet
from wav2lip.synthetic.clips import synthesize, write_synthetic_corpus, write_synthetic_video
from wav2lip.tasks import SyncNetTask

SIZE = 48
STEPS = 80
NETWORK = {
    "_target_": "wav2lip.models.SyncNet",
    "width": 0.25,
    "image_size": SIZE,
    "stem_stride": 2,
    "embedding": 64,
    "final_relu": False,
    "max_residuals": 1,
    "audio_residuals": [1, 0, 0, 0],
}
STRANGER = 900  # seed of people and speech that no expert has learned from
GENERATOR = {"_target_": "wav2lip.models.Generator", "width": 0.0625}


@pytest.fixture(scope="session")
def judge_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sync expert's checkpoint, trained in seconds."""
    folder = tmp_path_factory.mktemp("judge")
    write_synthetic_corpus(folder, {"train": 32, "val": 2}, seconds=3.0, image_size=SIZE)
    pl.seed_everything(0, workers=True)
    task = SyncNetTask(
        syncnet=NETWORK,
        loss={"_target_": "wav2lip.losses.WindowContrast", "within": 0.7},
        optimizer={"_target_": "torch.optim.AdamW", "lr": 2e-3},
        warmup=5,
    )
    dataset = partial(SyncDataset, windows=8, gap=5, image_size=SIZE, augment=NO_AUGMENT)
    validation = partial(SyncDataset, windows=8, image_size=SIZE)
    trainer = pl.Trainer(
        max_steps=STEPS,
        accelerator="cpu",
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        num_sanity_val_steps=0,
        limit_val_batches=0,
        use_distributed_sampler=False,
    )
    trainer.fit(task, ClipDataModule(dataset, validation, [str(folder)], 6, STEPS))
    trainer.save_checkpoint(folder / "expert.ckpt")
    return folder / "expert.ckpt"


@pytest.fixture(scope="session")
def judge(judge_file: Path) -> LoadedJudge:
    return load_judge(str(judge_file))


@pytest.fixture(scope="session")
def film(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Writes a video of a stranger who talks, the picture so many frames late."""
    folder = tmp_path_factory.mktemp("films")

    def make(name: str, person: int = 0, seconds: float = 3.0, **changes: int | float) -> Path:
        path = folder / name
        if not path.is_file():
            write_synthetic_video(path, synthesize(STRANGER + person, seconds, **changes))
        return path

    return make


@pytest.fixture(scope="session")
def broken(tmp_path_factory):
    """40 frames; the face is away in frames 15 to 29 (longer than any gap that is bridged)."""
    path = tmp_path_factory.mktemp("segments") / "broken.mp4"
    clip = synthesize(5, 1.6)
    clip.frames[15:30] = 0
    write_synthetic_video(path, clip)
    return path


@pytest.fixture(scope="session")
def generator_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny generator that has learned nothing."""
    path = tmp_path_factory.mktemp("generator") / "tiny.safetensors"
    torch.manual_seed(0)
    meta = {"mel_offset_frames": 0, "fps": 25, "image_size": 96}
    save_network(path, build_network(GENERATOR), GENERATOR, meta)
    return path


@pytest.fixture(scope="session")
def untrained_expert() -> SyncNet:
    torch.manual_seed(0)
    return SyncNet(0.125, SIZE, embedding=16, final_relu=False, max_residuals=0).eval()


class FixedDetector:
    """Finds the face where synthetic faces are, and nothing in dark pictures."""

    def detect(self, image: NDArray[np.uint8]) -> NDArray[np.float32]:
        found = [[44, 36, 116, 130, 1.0]] if image.mean() > 30 else []
        return np.array(found, np.float32).reshape(-1, 5)

    def redetect(self, image: NDArray[np.uint8], known: NDArray[np.float32]) -> NDArray[np.float32]:
        return self.detect(image)

    def settings(self) -> dict[str, str]:
        return {"name": "fixed"}


class PlantedJudge:
    """Sound k matches lips k + offset, whatever is shown."""

    def __init__(self, offset: int = 0) -> None:
        self.label, self.offset = f"planted {offset}", offset

    def embed(
        self, frames: NDArray[np.uint8], pcm: NDArray[np.int16], count: int
    ) -> tuple[torch.Tensor, torch.Tensor]:
        rng = np.random.default_rng(3)
        world = torch.from_numpy(rng.standard_normal((count + 60, 32)).astype(np.float32))
        return world[30 : 30 + count], world[30 - self.offset : 30 - self.offset + count]


@pytest.fixture
def detector() -> FixedDetector:
    return FixedDetector()


@pytest.fixture
def planted() -> LoadedJudge:
    """A judge that costs nothing and finds an offset of 2."""
    view = FaceView(48)
    return LoadedJudge(PlantedJudge(2), view, view, "planted", "0" * 64, None)
