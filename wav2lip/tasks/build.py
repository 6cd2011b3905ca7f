"""Build what a config names: networks, losses and optimizers."""

import inspect
from collections.abc import Mapping
from typing import Any

import torch
from torch import nn

from wav2lip import losses
from wav2lip.checkpoints import build_network
from wav2lip.errors import InputError
from wav2lip.utils.fields import to_plain

Config = dict[str, Any]
PACKAGES = {"wav2lip.losses": losses, "torch.optim": torch.optim}
NETWORKS = "wav2lip.models."


def build(config: Mapping[str, Any], *args: Any) -> Any:
    """Build the network, loss or optimizer that a config names.

    Hyper-parameters come from checkpoint files. So a name is looked up in `wav2lip.models`, `wav2lip.losses` or
    `torch.optim` and never imported.

    Args:
        config: `_target_` and keyword arguments.
        args: positional arguments.

    Raises:
        InputError: another target, or arguments that do not fit.
    """
    target = str(config.get("_target_", ""))
    if target.startswith(NETWORKS):
        return build_network(config)
    package, _, name = target.rpartition(".")
    found = getattr(PACKAGES.get(package), name, None)
    if not (inspect.isclass(found) and issubclass(found, nn.Module | torch.optim.Optimizer)):
        allowed = ", ".join([NETWORKS[:-1], *PACKAGES])
        raise InputError(f"_target_ {target!r} is refused: it must be a class of {allowed}")
    arguments = {key: value for key, value in to_plain(config).items() if key != "_target_"}
    try:
        return found(*args, **arguments)
    except (TypeError, ValueError) as error:
        raise InputError(f"{target} cannot be built from {arguments}: {error}") from error
