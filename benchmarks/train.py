"""Measure the speed of training and the time spent waiting for data, against a plain loop and loader.

    python benchmarks/train.py --clips data/clips                   full-size networks, L1 and the expert
    python benchmarks/train.py --steps 30 --width 0.25 --batch 8    synthetic clips, smaller networks

Both train the same generator against the same frozen expert on the same clips, in turns, in one run:

plain: fp32, the default memory layout, and a loader as in the published project: each item opens ten jpg
    files and a wav file and computes the mel of the whole clip.
ours: `Wav2LipTask` in Lightning's trainer as train.py runs it, on clip files; as it is, and with
    `trainer.precision=bf16-mixed`, which pays on a GPU and on a processor with bf16 instructions.

Prints steps per second, the share of a step spent waiting for its batch, and processor time per step.
Compare processor times on a machine that does other work; wall times mean little there.
"""

import argparse
import resource
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import torch
from published_loader import SIZE, JpgDataset, export
from torch import Tensor, nn
from torch.utils.data import DataLoader

from wav2lip.callbacks import LoaderWatchdog
from wav2lip.checkpoints import build_network, save_network
from wav2lip.data.datamodule import ClipDataModule, load_clips
from wav2lip.data.datasets import LipDataset
from wav2lip.losses import SyncBCE
from wav2lip.models.generator import mask_lower_half
from wav2lip.synthetic.clips import write_synthetic_corpus
from wav2lip.tasks import Wav2LipTask
from wav2lip.tasks.wav2lip import lower_halves

WARMUP = 3  # steps not timed
PRECISIONS = ("32-true", "bf16-mixed")


@dataclass
class Result:
    """Of the timed steps: seconds a step, processor seconds a step, share of waiting for data."""

    seconds: float
    processor: float
    waiting: float


def processor_seconds() -> float:
    """Of this process and of its loader processes that have ended."""
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def plain_run(
    generator: nn.Module, expert: nn.Module, loader: DataLoader[Any], device: torch.device
) -> Result:
    """The usual loop: Adam, L1 and the sync loss, fp32."""
    generator.to(device).train()
    expert.to(device).eval().requires_grad_(False)
    optimizer = torch.optim.Adam(generator.parameters(), lr=1e-4)
    sync_loss = SyncBCE()
    batches: Iterator[dict[str, Tensor]] = iter(loader)
    waited = began = cpu = 0.0
    for step in range(len(loader)):
        if step == WARMUP:
            waited, began, cpu = 0.0, time.perf_counter(), processor_seconds()
        mark = time.perf_counter()
        batch = {name: value.to(device) for name, value in next(batches).items()}
        waited += time.perf_counter() - mark
        faces = torch.cat([mask_lower_half(batch["target"]), batch["reference"]], dim=1)
        generated = generator(batch["mels"], faces)
        audio, face = expert(batch["mel"], lower_halves(generated))
        nothing = audio.new_empty(len(audio), 0, audio.shape[1])
        loss = 0.97 * nn.functional.l1_loss(generated, batch["target"])
        loss = loss + 0.03 * sync_loss(audio, face, nothing)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        loss.item()
    steps, seconds = len(loader) - WARMUP, time.perf_counter() - began
    return Result(seconds / steps, (processor_seconds() - cpu) / steps, waited / seconds)


class Timer(pl.Callback):
    """Wall and processor time from the end of the warm-up to the end of the last step."""

    def on_train_batch_end(
        self, trainer: pl.Trainer, pl_module: Any, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        outputs["loss"].item()  # waits for the device
        if trainer.global_step == WARMUP:
            self.began, self.cpu = time.perf_counter(), processor_seconds()
        self.ended, self.spent = time.perf_counter(), processor_seconds()


def our_run(
    task: Wav2LipTask, data: ClipDataModule, steps: int, device: str, precision: Any
) -> Result:
    """The same through the task, the data module and the trainer."""
    timer = Timer()
    watchdog = LoaderWatchdog(warmup=WARMUP, steps=steps - WARMUP - 1, limit=2.0)
    trainer = pl.Trainer(
        max_steps=steps,
        accelerator="gpu" if device == "cuda" else "cpu",
        devices=1,
        precision=precision,
        callbacks=[timer, watchdog],
        logger=False,
        limit_val_batches=0,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        use_distributed_sampler=False,
    )
    trainer.fit(task, data)
    timed = steps - WARMUP
    seconds = (timer.ended - timer.began) / timed
    return Result(seconds, (timer.spent - timer.cpu) / timed, watchdog.share or 0.0)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--clips", help="manifest or its folder; default: synthetic clips")
    parser.add_argument("--steps", type=int, default=20, help="of each run (default: 20)")
    parser.add_argument("--rounds", type=int, default=1, help="runs of each, in turns (default: 1)")
    parser.add_argument("--batch", type=int, default=16, help="windows a batch (default: 16)")
    parser.add_argument("--workers", type=int, default=0, help="loader processes (default: 0)")
    parser.add_argument("--width", type=float, default=1.0, help="of both networks (default: 1)")
    parser.add_argument("--most", type=int, default=40, help="clips used (default: 40)")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    args = parser.parse_args()
    torch.manual_seed(0)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source = args.clips
        if source is None:
            source = str(folder / "synthetic")
            write_synthetic_corpus(Path(source), {"train": 8}, seconds=4.0)
        clips = load_clips([source], "train", 15)[: args.most]
        (folder / "plain").mkdir()
        folders = export(clips, folder / "plain")
        generator = {"_target_": "wav2lip.models.Generator", "width": args.width}
        expert = {"_target_": "wav2lip.models.SyncNet", "width": args.width}
        save_network(folder / "expert.safetensors", build_network(expert), expert, {}, half=False)
        results: dict[str, list[Result]] = defaultdict(list)
        for _ in range(args.rounds):
            loader = DataLoader(
                JpgDataset(folders),
                args.batch,
                sampler=range(args.steps * args.batch),
                num_workers=args.workers,
            )
            results["plain"].append(
                plain_run(
                    build_network(generator),
                    build_network(expert),
                    loader,
                    torch.device(args.device),
                )
            )
            for precision in PRECISIONS:
                task = Wav2LipTask(
                    generator=generator,
                    optimizer={"_target_": "torch.optim.Adam", "lr": 1e-4},
                    expert=str(folder / "expert.safetensors"),
                    sync_loss={"_target_": "wav2lip.losses.SyncBCE"},
                    weights={"l1": 0.97, "sync": 0.03},
                )
                data = ClipDataModule(
                    dataset=partial(LipDataset, image_size=SIZE),
                    val_dataset=partial(LipDataset, image_size=SIZE),
                    manifests=[source],
                    batch_size=args.batch,
                    steps_per_epoch=args.steps,
                    num_workers=args.workers,
                )
                result = our_run(task, data, args.steps, args.device, precision)
                results[f"ours, {precision}"].append(result)
    print(
        f"{args.device}, {len(clips)} clips, batch {args.batch}, width {args.width}, "
        f"{args.workers} workers, torch {torch.__version__}"
    )
    heads = ("steps/s", "processor s/step", "waiting for data", "times as fast: wall, processor")
    print(f"{'':16} {heads[0]:>8} {heads[1]:>17} {heads[2]:>17} {heads[3]:>31}")
    best = {kind: min(found, key=lambda r: r.processor) for kind, found in results.items()}
    plain = best["plain"]
    for kind, r in best.items():
        wall, processor = plain.seconds / r.seconds, plain.processor / r.processor
        print(
            f"{kind:16} {1 / r.seconds:8.3f} {r.processor:17.2f} {100 * r.waiting:15.1f} % "
            f"{wall:22.2f}x {processor:7.2f}x"
        )


if __name__ == "__main__":
    main()
