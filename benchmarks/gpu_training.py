"""What `benchmarks/gpu.py` checks of training: every experiment in each precision, its losses, speed and resumption."""

import math
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytorch_lightning as pl
import torch
from gpu_checks import CheckError, Checks
from hydra import compose, initialize_config_module

from wav2lip.callbacks.csv_curves import read_curves
from wav2lip.checkpoints import build_network, save_network
from wav2lip.cli.train import train
from wav2lip.synthetic.clips import write_synthetic_corpus

TESTS = Path(__file__).resolve().parents[1] / "tests"  # they have the clips of meshes
STEPS, MORE = 30, 10  # of a run, and after it is resumed
QUICK_STEPS, QUICK_MORE = 2, 2
PRECISIONS = ("32-true", "bf16-mixed")
EXPERT = {"_target_": "wav2lip.models.SyncNet", "width": 0.25, "max_residuals": 0}


@dataclass(frozen=True)
class Experiment:
    """The clips of an experiment, and how this run differs from its config; {folder} holds the clips."""

    clips: str
    options: tuple[str, ...] = ()
    small: tuple[str, ...] = ()  # options of a quick run


SMALL_EXPERT = (
    "task.syncnet.width=0.0625",
    "++task.syncnet.embedding=16",
    "++task.syncnet.audio_residuals=[0,0,0,0]",
    "data.val_batch_size=2",
)
SMALL_GENERATOR = (
    "task.generator.width=0.0625",
    "++task.generator.embedding=16",
    "++task.generator.audio_channels=null",
    "++task.generator.audio_residuals=[0,0,0,0]",
    "++task.generator.face_channels=null",
    "++task.generator.decoder_channels=null",
    "++task.generator.max_residuals=0",
    "data.val_batch_size=2",
    "callbacks.videos=null",
    "callbacks.strips=null",
)
SMALL_GAN = (*SMALL_GENERATOR, "task.discriminator.width=0.0625")
SMALL_INPAINTER = ("task.generator.inpainter_width=0.25", "task.discriminator.width=0.25")
EXPERIMENTS = {
    "syncnet": Experiment("faces", (), SMALL_EXPERT),
    "wav2lip": Experiment("faces", ("task.expert={folder}/expert.safetensors",), SMALL_GENERATOR),
    "wav2lip_gan": Experiment("faces", ("task.expert={folder}/expert.safetensors",), SMALL_GAN),
    "mesh_syncnet": Experiment("motion"),
    "lip_motion": Experiment("motion", ("task.expert=bundled:mesh_expert",)),
    "mesh_generator": Experiment(
        "mouths", ("task.motion_from=null", "task.adv_from=2"), SMALL_INPAINTER
    ),
}


class StepTimes(pl.Callback):
    """The time at which each step of the last run began, and its number."""

    last: list[tuple[int, float]]

    def on_fit_start(self, trainer: pl.Trainer, pl_module: Any) -> None:
        StepTimes.last = []

    def on_train_batch_start(
        self, trainer: pl.Trainer, pl_module: Any, batch: Any, batch_idx: int
    ) -> None:
        StepTimes.last.append((trainer.global_step, time.perf_counter()))


def write_clips(folder: Path, quick: bool) -> None:
    """Write synthetic clips for all experiments, and an expert that has learned nothing."""
    sys.path.append(str(TESTS))
    from motion_clips import write_motion_corpus
    from mouth_clips import write_mouth_corpus

    people = {"train": 3, "val": 1} if quick else {"train": 16, "val": 2}
    write_synthetic_corpus(folder / "faces", people, seconds=1.4 if quick else 2.0)
    write_motion_corpus(folder / "motion", people)
    write_mouth_corpus(folder / "mouths", people)
    torch.manual_seed(0)
    save_network(folder / "expert.safetensors", build_network(EXPERT), EXPERT, {})


def configure(checks: Checks, name: str, precision: str, folder: Path, steps: int) -> Any:
    """Compose the config of a run."""
    experiment = EXPERIMENTS[name]
    overrides = [
        f"experiment={name}",
        f"data.manifests=[{folder / experiment.clips}]",
        f"run={folder / 'runs' / f'{name}-{precision}'}",
        f"trainer.accelerator={'cpu' if checks.device.type == 'cpu' else 'gpu'}",
        f"trainer.precision={precision}",
        f"trainer.max_steps={steps}",
        "trainer.log_every_n_steps=1",
        f"data.steps_per_epoch={(QUICK_STEPS if checks.quick else STEPS) // 2}",
        "callbacks.progress=null",
        "+trainer.enable_progress_bar=false",
        "+callbacks.times={_target_: gpu_training.StepTimes}",
        *(option.format(folder=folder) for option in experiment.options),
    ]
    if checks.device.index is not None:
        overrides.append(f"trainer.devices=[{checks.device.index}]")
    if checks.quick:
        overrides += ["data.num_workers=0", "data.batch_size=2", "data.cache_mb=64"]
        overrides += ["callbacks.baseline=null", "callbacks.curves=null", "threads=1"]
        overrides += ["+trainer.limit_val_batches=1", *experiment.small]
        overrides += ["callbacks.report=null"] if name.endswith("syncnet") else []
    with initialize_config_module("wav2lip.configs", version_base="1.3"):
        return compose("train", overrides)


def run(checks: Checks, name: str, precision: str, folder: Path, first: int, steps: int) -> str:
    """Train from step `first` to `steps`; return the speed and the last losses.

    Raises:
        CheckError: a loss is not finite, a step is missing, or the run did not start where it should.
    """
    config = configure(checks, name, precision, folder, steps)
    if checks.device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(checks.device)
    train(config)
    numbers = [number for number, _ in StepTimes.last]
    if numbers != list(range(first, steps)):
        raise CheckError(
            f"ran the steps {numbers[:1]} to {numbers[-1:]}, not {first} to {steps - 1}"
        )
    curves = read_curves(Path(config.run, "curves", "metrics.csv"))
    losses = {key: points for key, points in curves.items() if key.startswith(("train/", "val/"))}
    odd = [k for k, points in losses.items() if not all(math.isfinite(v) for _, v in points)]
    if odd or not losses:
        raise CheckError(f"not finite: {', '.join(odd) or 'there is no loss'}")
    late = np.diff([at for _, at in StepTimes.last])[-(steps - first) // 2 :]
    speed = 1 / float(np.median(late))
    shown = [k for k in ("train/sync", "train/l1", "train/error", "val/loss") if k in losses]
    text = ", ".join(f"{key} {losses[key][-1][1]:.4g}" for key in shown)
    memory = ""
    if checks.device.type == "cuda":
        memory = f", {torch.cuda.max_memory_allocated(checks.device) / 2**20:.0f} MiB of the GPU"
    return f"{speed:.2f} steps/s{memory}; {text}"


def check_training(checks: Checks, folder: Path, names: list[str]) -> None:
    """Train every experiment in each precision, and resume the first run of each."""
    steps, more = (QUICK_STEPS, QUICK_MORE) if checks.quick else (STEPS, MORE)
    write_clips(folder, checks.quick)
    for name in names:
        for precision in PRECISIONS:
            checks.run(
                f"train {name}, {precision}",
                lambda name=name, kind=precision: run(checks, name, kind, folder, 0, steps),
            )
        checks.run(
            f"resume {name}, {PRECISIONS[0]}",
            lambda name=name: run(checks, name, PRECISIONS[0], folder, steps, steps + more),
        )
