"""Build a network from a plain dict, so that a checkpoint can rebuild itself."""

from collections.abc import Mapping
from typing import Any, cast

from torch import nn

from wav2lip import models
from wav2lip.checkpoints.config import check_config, class_name
from wav2lip.errors import InputError

# What torch and the networks raise for arguments that contradict each other.
DO_NOT_FIT = (TypeError, ValueError, RuntimeError, ArithmeticError, LookupError)


def build_network(config: Mapping[str, Any]) -> nn.Module:
    """Build a network with fresh weights.

    Args:
        config: `_target_`, a class of `wav2lip.models`, and its arguments.

    Returns:
        The network, in train mode.

    Raises:
        InputError: if the target is not allowed or the arguments do not fit.

    Examples:
        >>> config = {"_target_": "wav2lip.models.Generator", "width": 0.25}
        >>> build_network(config).image_size
        96
    """
    checked = check_config(config)
    name = class_name(checked)
    arguments = {k: v for k, v in checked.items() if k != "_target_"}
    try:
        return cast("nn.Module", getattr(models, name)(**arguments))
    except DO_NOT_FIT as error:
        raise InputError(f"{name} cannot be built from {arguments}: {error}") from error
