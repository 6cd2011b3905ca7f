"""One-line errors for a Hydra config."""

import os
from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from hydra.errors import HydraException, MissingConfigException
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import ConfigAttributeError, ConfigKeyError, OmegaConfBaseException

from wav2lip.cli.config_help import groups, options_of
from wav2lip.cli.exit import exit_on_input_error
from wav2lip.cli.overrides import nearest
from wav2lip.errors import InputError

P = ParamSpec("P")
R = TypeVar("R")


def _causes(error: BaseException) -> Iterator[BaseException]:
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = cause.__cause__


def _input_error(error: BaseException) -> InputError | None:
    """Find an InputError among the causes. OmegaConf keeps that of a resolver as the context only."""
    below: BaseException | None = error
    while below is not None and not isinstance(below, InputError):
        below = below.__cause__ or below.__context__
    return below


def _keys(node: Any, path: str = "") -> Iterator[str]:
    """Yield every dotted key of plain data."""
    if isinstance(node, dict):
        for key, value in node.items():
            name = f"{path}.{key}" if path else str(key)
            yield name
            yield from _keys(value, name)


def _unknown_key(error: ConfigAttributeError | ConfigKeyError) -> InputError:
    key, parent = str(error.full_key), error.parent_node
    assert parent is not None
    config = OmegaConf.to_container(parent._get_root(), resolve=False)
    known = [name for name in _keys(config) if "_target_" not in name]
    near = nearest(key, known if "." in key else [*known, *groups()])
    if near:
        return InputError(f"config: unknown key {key}; did you mean {near}?")
    names = ", ".join(sorted(str(name) for name in parent if not str(name).startswith("_")))
    return InputError(f"config: unknown key {key}; the valid keys there are {names}")


def _unknown_option(error: MissingConfigException) -> InputError:
    group, _, option = str(error.missing_cfg_file).removesuffix(".yaml").partition("/")
    known = options_of(group)
    near = nearest(option, known) or next(
        (name for name in known if name.rpartition("/")[2] == option), None
    )
    if near:
        return InputError(f"config: unknown {group}={option}; did you mean {group}={near}?")
    return InputError(f"config: unknown {group}={option}; choose one of {', '.join(known)}")


def as_input_error(error: BaseException) -> InputError:
    """Return the error that a user can act on, on one line."""
    ours = _input_error(error)
    if ours is not None:
        return ours
    chain = list(_causes(error))
    for cause in chain:
        if (
            isinstance(cause, ConfigAttributeError | ConfigKeyError)
            and cause.parent_node is not None
        ):
            return _unknown_key(cause)
        if isinstance(cause, MissingConfigException) and cause.missing_cfg_file:
            return _unknown_option(cause)
    # The innermost says what is wrong; the others say where it was called from.
    text = str(chain[-1]).split("full_key")[0]
    return InputError(f"config: {text}")


def _missing(node: object, path: str = "") -> Iterator[str]:
    """Yield keys whose value is `???`, but not those that are interpolated from such a key."""
    if isinstance(node, dict):
        for key, value in node.items():
            yield from _missing(value, f"{path}.{key}" if path else str(key))
    elif node == "???":
        yield path


def require_complete(config: DictConfig) -> None:
    """Check that every required value (`???` in the YAML) is given.

    Hydra leaves such a key out of a call, which would then use the default of the code.

    Raises:
        InputError: a value is missing.
    """
    missing = sorted(_missing(OmegaConf.to_container(config, resolve=False)))
    if missing:
        raise InputError(f"config: {' and '.join(missing)} must be given; add {missing[0]}=...")


def exit_on_config_error(main: Callable[P, R]) -> Callable[P, R]:
    """Wrap a command with a Hydra config: exit with one line if a key or value does not fit.

    Wraps both the function that Hydra runs and Hydra's own main, which composes the config before
    that and would otherwise report a misspelt key in its own way, with exit code 1. The result of
    `main` is passed through.
    """

    @wraps(main)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        os.environ.setdefault("HYDRA_FULL_ERROR", "1")  # raise, do not print
        results: list[R] = []

        @exit_on_input_error
        def checked() -> None:
            try:
                results.append(main(*args, **kwargs))
            except (HydraException, OmegaConfBaseException) as error:
                raise as_input_error(error) from error

        checked()
        return results[0]

    return run
