"""Read the weights of an exported network back, so that its file is a checkpoint like any other."""

import math
from pathlib import Path

import torch
from torch import Tensor, nn

from wav2lip.checkpoints.build import build_network
from wav2lip.checkpoints.exported import load_exported
from wav2lip.checkpoints.formats import WeightFile
from wav2lip.checkpoints.kinds import Kind
from wav2lip.errors import InputError
from wav2lip.models.fuse_bn import norm_pairs

HALF = "/half"  # ends the name of a weight that is stored in fp16
NETWORK = "network."  # begins the names of a part's weights


def _without_norms(network: nn.Module, state: dict[str, Tensor]) -> dict[str, Tensor]:
    """Complete the weights of convolutions that include the batch norms after them: the norms then change nothing."""
    complete = dict(state)
    for name, convolution, after, norm in norm_pairs(network):
        if f"{name}.bias" not in state:
            continue
        bias = complete.pop(f"{name}.bias")
        if convolution.bias is not None:
            complete[f"{name}.bias"] = torch.zeros_like(bias)
        complete[f"{after}.weight"] = torch.full_like(bias, math.sqrt(1 + norm.eps))
        complete[f"{after}.bias"] = bias
        complete[f"{after}.running_mean"] = torch.zeros_like(bias)
        complete[f"{after}.running_var"] = torch.ones_like(bias)
        complete[f"{after}.num_batches_tracked"] = torch.tensor(0)
    return complete


def read_exported_weights(path: Path, kind: Kind | None = None) -> WeightFile:
    """Read the weights of a network that `wav2lip export` wrote as ONNX.

    Batch norms were fused into the convolutions before them; they are read as norms that change nothing.

    Args:
        path: the file.
        kind: the network that is needed; None for any.

    Raises:
        InputError: see `wav2lip.checkpoints.exported.load_exported`; or the file is of int8, or of a network whose
            weights have no names in a graph.
    """
    exported = load_exported(path, kind)
    try:
        stored = exported.file.weights()
    except ValueError as error:
        raise InputError(f"{path}: is truncated or damaged ({error}); export it again") from error
    state = {
        name.split("/", 1)[1].removesuffix(HALF).removeprefix(NETWORK): torch.from_numpy(
            values.astype("float32")
        )
        for name, values in stored.items()
        if name.split("/", 1)[-1].startswith(NETWORK)
    }
    with torch.device("meta"):
        network = build_network(exported.config)
    complete = _without_norms(network, state)
    if exported.precision == "int8" or set(complete) != set(network.state_dict()):
        raise InputError(
            f"{path}: was exported for inference alone; give the checkpoint that it was exported from"
        )
    return WeightFile(complete, exported.config, exported.metadata)
