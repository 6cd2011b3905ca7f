"""What a user got wrong in a Hydra config, said as one line."""

import os
from collections.abc import Callable, Iterator
from functools import wraps
from typing import ParamSpec

from hydra.errors import HydraException
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import ConfigAttributeError, ConfigKeyError, OmegaConfBaseException

from wav2lip.errors import InputError, exit_on_input_error

P = ParamSpec("P")


def _causes(error: BaseException) -> Iterator[BaseException]:
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = cause.__cause__


def _ours(error: BaseException) -> InputError | None:
    """An InputError beneath, also one that a resolver raised, which OmegaConf keeps as the context alone."""
    below: BaseException | None = error
    while below is not None and not isinstance(below, InputError):
        below = below.__cause__ or below.__context__
    return below


def as_input_error(error: BaseException) -> InputError:
    """The error a user can act on: ours where one lies beneath, else the config's own, on one line."""
    ours = _ours(error)
    if ours is not None:
        return ours
    chain = list(_causes(error))
    for cause in chain:
        if (
            isinstance(cause, ConfigAttributeError | ConfigKeyError)
            and cause.parent_node is not None
        ):
            known = ", ".join(sorted(str(key) for key in cause.parent_node))
            return InputError(f"config: there is no {cause.full_key!r}; known there: {known}")
    # The innermost says what is wrong; those around it, from where it was called.
    text = str(chain[-1]).split("full_key")[0]
    return InputError(f"config: {text}")


def _missing(node: object, path: str = "") -> Iterator[str]:
    """Keys whose value is `???`; what is interpolated from such a key is not one of them."""
    if isinstance(node, dict):
        for key, value in node.items():
            yield from _missing(value, f"{path}.{key}" if path else str(key))
    elif node == "???":
        yield path


def require_complete(config: DictConfig) -> None:
    """InputError where a value that the user must give (`???` in the YAML) is missing.

    Hydra leaves such a key out of a call and takes the default of the code in its place.
    """
    missing = sorted(_missing(OmegaConf.to_container(config, resolve=False)))
    if missing:
        raise InputError(f"config: {' and '.join(missing)} must be given; add {missing[0]}=...")


def exit_on_config_error(main: Callable[P, int | None]) -> Callable[P, None]:
    """`exit_on_input_error` for a script with a Hydra config: also for keys and values that do not fit.

    Wraps both what Hydra runs and Hydra's own main, which composes the config before that and would
    otherwise report a misspelt key in its own way, with exit code 1.
    """

    @exit_on_input_error
    @wraps(main)
    def run(*args: P.args, **kwargs: P.kwargs) -> int | None:
        os.environ.setdefault("HYDRA_FULL_ERROR", "1")  # raise, do not print
        try:
            return main(*args, **kwargs)
        except (HydraException, OmegaConfBaseException) as error:
            raise as_input_error(error) from error

    return run
