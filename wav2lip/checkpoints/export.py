"""Checkpoints for others: small ones without a training's state, and the published layout.

python -m wav2lip.checkpoints.export slim runs/wav2lip/checkpoints/last.ckpt wav2lip.safetensors
python -m wav2lip.checkpoints.export published wav2lip.safetensors wav2lip.pth
"""

import argparse
import sys
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

import torch
from torch import nn

from wav2lip.checkpoints import KINDS, LoadedNetwork, build_network, load_network, save_network
from wav2lip.errors import InputError, exit_on_input_error
from wav2lip.models import Generator
from wav2lip.utils.files import write_atomically

PUBLISHED_OFFSETS = (0, -1)  # frames: of inference as published, and of training as published


def save_published(path: Path | str, network: nn.Module, metadata: Mapping[str, Any]) -> None:
    """Write the published layout (no optimizer state), which the published scripts read."""
    content = {
        "state_dict": {k: v.detach().cpu() for k, v in network.state_dict().items()},
        "optimizer": None,
        "global_step": int(metadata.get("step", 0)),
        "global_epoch": int(metadata.get("epoch", 0)),
    }
    data = BytesIO()
    torch.save(content, data)
    write_atomically(Path(path), data.getvalue())


def unlike_published(loaded: LoadedNetwork) -> list[str]:
    """Why tools made for the published weights would not run this network, or not in sync."""
    with torch.device("meta"):
        published = build_network({"_target_": loaded.config["_target_"]}).state_dict()
    own = loaded.network.state_dict()
    reasons = []
    if {k: v.shape for k, v in own.items()} != {k: v.shape for k, v in published.items()}:
        reasons.append("is of another shape than the published network, which is all they build")
    frames = loaded.metadata.get("mel_offset_frames", 0)
    if frames not in PUBLISHED_OFFSETS:
        reasons.append(f"hears each frame from {frames} frames on, published inference from 0")
    return reasons


@exit_on_input_error
def main() -> None:
    """Convert a checkpoint of any supported format."""
    parser = argparse.ArgumentParser(
        prog="python -m wav2lip.checkpoints.export", description=main.__doc__
    )
    parser.add_argument("action", choices=("slim", "published"), help="safetensors, or .pth")
    parser.add_argument("checkpoint", help="file or name")
    parser.add_argument("output", type=Path)
    parser.add_argument("--network", choices=KINDS, help="default: the generator")
    parser.add_argument("--full", action="store_true", help="slim: float32 instead of fp16")
    parser.add_argument(
        "--motion_gain",
        type=float,
        default=1.0,
        metavar="TIMES",
        help="a generator's mouths move so many times as much (default: 1)",
    )
    args = parser.parse_args()
    loaded = load_network(args.checkpoint, args.network)
    if args.motion_gain != 1.0:
        if not isinstance(loaded.network, Generator):
            raise InputError(f"{args.checkpoint}: --motion_gain is for generators")
        loaded.network.audio_encoder.scale_motion(args.motion_gain)
        before = loaded.metadata.get("motion_gain", 1.0)
        loaded.metadata["motion_gain"] = before * args.motion_gain
    if args.action == "slim":
        save_network(args.output, loaded.network, loaded.config, loaded.metadata, not args.full)
    else:
        save_published(args.output, loaded.network, loaded.metadata)
        for reason in unlike_published(loaded):
            print(f"note, for other tools: {args.output} {reason}", file=sys.stderr)
    print(f"{args.output}: {loaded.config}, {args.output.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
