"""Measure what speeds up a training step: memory layout, fused optimizer, torch.compile and bf16.

    python benchmarks/train_options.py                              generator and sync expert, reduced width
    python benchmarks/train_options.py --width 1 --batch 16 --threads 2
    python benchmarks/train_options.py --device cuda --width 1 --batch 64

Every option trains the same network on the same random batch, in turns; the least time per step counts. On a processor
that is its processor time, on a GPU the wall time. bf16 is measured where there are instructions for it.
"""

import argparse
import time
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

import torch
from torch import nn

from wav2lip.checkpoints import build_network
from wav2lip.losses import SyncBCE
from wav2lip.tasks.compiled import compile_stacks
from wav2lip.tasks.wav2lip import lower_halves

FLAGS = ("avx512_bf16", "amx_bf16")
BASE = ("plain", "channels-last", "fused Adam", "channels-last, fused")
NAMES = {"wav2lip": "Generator", "syncnet": "SyncNet"}

Step = Callable[[], None]


def has_bf16(device: torch.device) -> bool:
    """Tell whether a device computes in bf16."""
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported()
    info = Path("/proc/cpuinfo")
    return info.is_file() and any(flag in info.read_text() for flag in FLAGS)


def make_step(network: str, option: str, args: argparse.Namespace) -> Step:
    """Return a function that trains one step."""
    device = torch.device(args.device)
    torch.manual_seed(0)
    config = {"width": args.width}
    trained = build_network({"_target_": f"wav2lip.models.{NAMES[network]}", **config})
    trained.to(device).train()
    expert = build_network({"_target_": "wav2lip.models.SyncNet", **config}).to(device).eval()
    expert.requires_grad_(False)
    if "channels-last" in option:
        trained.to(memory_format=torch.channels_last)
        expert.to(memory_format=torch.channels_last)
    if "compile" in option:
        compile_stacks(trained, "inductor")
        compile_stacks(expert, "inductor")
    fused = True if "fused" in option else None
    optimizer = torch.optim.Adam(trained.parameters(), lr=1e-4, fused=fused)
    sync_loss = SyncBCE()
    count = args.batch
    mel = torch.randn(count, 1, 80, 16, device=device)
    mels = torch.randn(count, 5, 1, 80, 16, device=device)
    faces = torch.rand(count, 6, 5, 96, 96, device=device)
    target = torch.rand(count, 3, 5, 96, 96, device=device)
    lips = torch.rand(count, 15, 48, 96, device=device)

    def loss() -> torch.Tensor:
        if network == "syncnet":
            audio, face = trained(mel, lips)
        else:
            generated = trained(mels, faces)
            audio, face = expert(mel, lower_halves(generated))
        sync = sync_loss(audio, face, audio.new_empty(len(audio), 0, audio.shape[1]))
        if network == "syncnet":
            return sync
        return 0.97 * nn.functional.l1_loss(generated.float(), target) + 0.03 * sync

    def step() -> None:
        with torch.autocast(device.type, torch.bfloat16) if "bf16" in option else nullcontext():
            total = loss()
        optimizer.zero_grad()
        total.backward()
        optimizer.step()
        total.item()

    return step


def measured(step: Step, device: str) -> float:
    """Return seconds of a step."""
    clock = time.perf_counter if device.startswith("cuda") else time.process_time
    began = clock()
    step()
    return clock() - began


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--width", type=float, default=0.5, help="of the networks (default: 0.5)")
    parser.add_argument(
        "--batch", type=int, default=4, help="windows a batch, at least 2 (default: 4)"
    )
    parser.add_argument("--rounds", type=int, default=4, help="steps of each (default: 4)")
    parser.add_argument("--threads", type=int, default=1, help="of torch (default: 1)")
    parser.add_argument("--device", default="cpu")
    parser.add_argument(
        "--compile", action="store_true", help="measure torch.compile, too: minutes"
    )
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    options = list(BASE)
    if has_bf16(torch.device(args.device)):
        options.append("channels-last, fused, bf16")
    if args.compile:
        options.append("channels-last, fused, compile")
    print(f"{args.device}, torch {torch.__version__}, width {args.width}, batch {args.batch}")
    for network in NAMES:
        steps = {option: make_step(network, option, args) for option in options}
        first = {option: measured(step, args.device) for option, step in steps.items()}
        best = dict.fromkeys(options, float("inf"))
        for _ in range(args.rounds):
            for option, step in steps.items():
                best[option] = min(best[option], measured(step, args.device))
        print(f"{network:32} first step, s    a step, s    times as fast", flush=True)
        for option in options:
            ratio = best["plain"] / best[option]
            print(f"  {option:30} {first[option]:13.2f} {best[option]:12.3f} {ratio:15.2f}")


if __name__ == "__main__":
    main()
