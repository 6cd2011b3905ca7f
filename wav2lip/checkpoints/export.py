"""Convert a checkpoint: our small format without training state, the published layout, or ONNX."""

import math
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import nn

from wav2lip.checkpoints.build import build_network
from wav2lip.checkpoints.export_formats import ExportFormat, Precision, format_of, precision_of
from wav2lip.checkpoints.kinds import Kind
from wav2lip.checkpoints.load import LoadedNetwork, load_network
from wav2lip.checkpoints.save import save_network
from wav2lip.errors import InputError
from wav2lip.models import Generator, LipMotion, MeshGenerator
from wav2lip.types import CROP_KINDS
from wav2lip.utils.files import AtomicFile, write_atomically
from wav2lip.utils.outputs import check_outputs

PUBLISHED_OFFSETS = (0, -1)  # frames: of inference as published, and of training as published


def save_published(path: Path | str, network: nn.Module, metadata: Mapping[str, Any]) -> None:
    """Write the layout that the published scripts read: a .pth without optimizer state.

    Args:
        path: file to write.
        network: the network whose weights are written, in float32.
        metadata: `step` and `epoch` are recorded if known.

    Raises:
        InputError: if the file cannot be written.
    """
    content = {
        "state_dict": {k: v.detach().cpu() for k, v in network.state_dict().items()},
        "optimizer": None,
        "global_step": int(metadata.get("step", 0)),
        "global_epoch": int(metadata.get("epoch", 0)),
    }
    with AtomicFile(Path(path)) as new:
        torch.save(content, new.file)


def unlike_published(loaded: LoadedNetwork) -> list[str]:
    """List why tools made for the published weights cannot run this network in sync.

    Returns:
        Reasons, each completing "OUTPUT ..."; empty if there are none.
    """
    with torch.device("meta"):
        published = build_network({"_target_": loaded.config["_target_"]}).state_dict()
    own = loaded.network.state_dict()
    reasons = []
    if {k: v.shape for k, v in own.items()} != {k: v.shape for k, v in published.items()}:
        reasons.append(
            "differs in architecture from the published network, so published scripts cannot load it"
        )
    frames = loaded.metadata.get("mel_offset_frames", 0)
    if frames not in PUBLISHED_OFFSETS:
        reasons.append(
            f"starts its mel window {frames} frames from the image; published inference assumes 0"
        )
    if loaded.metadata.get("face_crop", CROP_KINDS[0]) != CROP_KINDS[0]:
        reasons.append("takes faces that are turned upright; published inference cuts level boxes")
    return reasons


def _scale_motion(loaded: LoadedNetwork, gain: float) -> None:
    """Multiply the mouth motion in place and record the total gain."""
    if not 0 < gain < math.inf:
        raise InputError(f"motion gain {gain}: give a number above 0")
    if isinstance(loaded.network, Generator):
        loaded.network.audio_encoder.scale_motion(gain)
    elif isinstance(loaded.network, MeshGenerator):
        loaded.network.motion.scale_motion(gain)
    elif isinstance(loaded.network, LipMotion):
        loaded.network.scale_motion(gain)
    else:
        raise InputError(f"{loaded.path}: moves no mouth, so it has no motion gain; leave it at 1")
    loaded.metadata["motion_gain"] = loaded.metadata.get("motion_gain", 1.0) * gain


def load_for_export(
    checkpoint: Path | str, output: Path, kind: Kind | None, motion_gain: float
) -> LoadedNetwork:
    """Load a checkpoint, check that it is not the output, and scale its motion; see `export_network`."""
    loaded = load_network(checkpoint, kind)
    check_outputs([("output", output)], [("checkpoint", loaded.path)])
    if motion_gain != 1.0:
        _scale_motion(loaded, motion_gain)
    return loaded


def export_network(
    checkpoint: Path | str,
    output: Path | str,
    *,
    file_format: ExportFormat | None = None,
    kind: Kind | None = None,
    precision: Precision | None = None,
    motion_gain: float = 1.0,
) -> LoadedNetwork:
    """Load a checkpoint of any supported format and write it in another.

    Args:
        checkpoint: a file or a name, as for `load_network`.
        output: file to write.
        file_format: "wav2lip" (safetensors with config and metadata), "published" (.pth) or "onnx". By
            default the suffix of `output` decides: .safetensors, .pth or .onnx.
        kind: the network to take from a file that holds several; the generator by default.
        precision: of the stored weights; see `wav2lip.checkpoints.export_formats.PRECISIONS`. For int8
            see `wav2lip.inference.calibration`.
        motion_gain: factor on the mouth motion of a generator or a network of lip motion.

    Returns:
        The network as written.

    Raises:
        InputError: if the checkpoint cannot be loaded, the output cannot be written, or the
            settings do not fit.
    """
    output = Path(output)
    file_format = file_format or format_of(output)
    precision = precision_of(file_format, precision)
    loaded = load_for_export(checkpoint, output, kind, motion_gain)
    if file_format == "onnx":
        from wav2lip.checkpoints.onnx_export import finish, join_parts, trace_parts

        if precision == "int8":
            raise InputError(f"{output}: int8 is calibrated on videos; see `wav2lip export --help`")
        parts = trace_parts(loaded.network, loaded.config)
        write_atomically(output, finish(join_parts(parts), loaded, precision))
    elif file_format == "wav2lip":
        half = precision == "fp16"
        save_network(output, loaded.network, loaded.config, loaded.metadata, half)
    else:
        save_published(output, loaded.network, loaded.metadata)
        for reason in unlike_published(loaded):
            print(f"note for other tools: {output} {reason}", file=sys.stderr)
    return loaded
