"""Write a network to our checkpoint format.

The format is safetensors whose header has one JSON entry, `wav2lip`:
`{"config": {"_target_": "wav2lip.models.Generator", ...}, "metadata": {...}}`.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save
from torch import Tensor, nn

from wav2lip.checkpoints.config import check_config
from wav2lip.checkpoints.formats import JSON_ENTRY
from wav2lip.utils.fields import to_plain
from wav2lip.utils.files import write_atomically


def _to_half(value: Tensor) -> Tensor:
    """Convert to fp16 if every number survives it (a batch norm's variance may exceed 65504)."""
    if not value.is_floating_point():
        return value
    half = value.half()
    return half if bool(torch.isfinite(half).all()) else value


def save_network(
    path: Path | str,
    network: nn.Module,
    config: Mapping[str, Any],
    metadata: Mapping[str, Any],
    half: bool = True,
) -> None:
    """Write a network that `load_network` rebuilds. The file is written whole or not at all.

    Args:
        path: file to write; its folder is created.
        network: the network whose weights are written.
        config: `_target_` and arguments that rebuild `network`.
        metadata: plain data; for a generator at least `mel_offset_frames`, `fps` and `image_size`.
        half: store fp16. Tensors with values that fp16 cannot hold stay float32.

    Raises:
        InputError: if the file cannot be written or `config` names no network.
    """
    config = check_config(config)
    state = {k: v.detach().cpu() for k, v in network.state_dict().items()}
    tensors = {k: (_to_half(v) if half else v).contiguous().clone() for k, v in state.items()}
    entry = json.dumps({"config": config, "metadata": to_plain(metadata)})
    write_atomically(Path(path), save(tensors, metadata={JSON_ENTRY: entry}))
