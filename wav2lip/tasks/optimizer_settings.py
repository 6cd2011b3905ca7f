"""Give the optimizers of a resumed run the settings of the config, where they differ from those it started with."""

from collections.abc import Mapping
from typing import Any

import torch
from torch.optim.lr_scheduler import LambdaLR


def apply_settings(
    optimizer: torch.optim.Optimizer, schedule: LambdaLR | None, config: Mapping[str, Any]
) -> dict[str, tuple[Any, Any]]:
    """Set what a config says of an optimizer whose state was restored.

    A checkpoint holds the settings beside the moments, so without this a lower rate in the config had no effect.

    Args:
        optimizer: restored.
        schedule: its schedule, restored, if there is one.
        config: `_target_` and arguments of the optimizer.

    Returns:
        What has changed: name -> the value before and now.
    """
    changed: dict[str, tuple[Any, Any]] = {}
    for name, value in config.items():
        wanted: Any = tuple(value) if isinstance(value, list) else value
        for number, group in enumerate(optimizer.param_groups):
            stored = "initial_lr" if name == "lr" and schedule is not None else name
            if stored not in group:
                continue
            before = tuple(group[stored]) if isinstance(group[stored], list) else group[stored]
            if before == wanted:
                continue
            changed[name] = before, wanted
            group[stored] = wanted
            if name == "lr" and schedule is not None:
                schedule.base_lrs[number] = wanted
                group["lr"] = wanted * schedule.lr_lambdas[number](schedule.last_epoch)
    return changed
