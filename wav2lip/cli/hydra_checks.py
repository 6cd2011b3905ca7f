"""Checks and help of the Hydra commands, before anything heavy is imported.

Composing a config takes Hydra and OmegaConf alone, a fraction of a second. A misspelt key, a missing
value or a missing file is therefore reported at once, and not after torch has been imported.
"""

import importlib.util
import re
from collections.abc import Container, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wav2lip.cli.content_checks import CONTENT_CHECKS
from wav2lip.cli.hydra_command import HydraCommand
from wav2lip.cli.hydra_flags import check_flags, needs_hydra, split_flags
from wav2lip.errors import InputError
from wav2lip.utils.extras import extra_message
from wav2lip.utils.files import check_folder
from wav2lip.utils.folders import check_output_path
from wav2lip.utils.locks import require_unlocked
from wav2lip.utils.outputs import Named, check_outputs
from wav2lip.utils.platform import process_rank

if TYPE_CHECKING:
    from omegaconf import DictConfig


def experiment_of(checkpoint: Path) -> str | None:
    """Return the experiment that writes a checkpoint by default, or None: runs/NAME/checkpoints/last.ckpt."""
    from wav2lip.cli.config_help import options_of, text_of

    if len(checkpoint.parts) < 3 or checkpoint.parent.name != "checkpoints":
        return None
    line = f"experiment_name: {checkpoint.parent.parent.name}"
    for option in options_of("experiment"):
        if line in text_of(f"experiment/{option}").splitlines():
            return option
    return None


def _check_exists(key: str, value: str, may_be_name: bool) -> None:
    path = Path(value)
    if not value:
        raise InputError(f"config: {key} is empty; give {key}=PATH")
    if may_be_name and not path.suffix and "/" not in value:
        return
    try:
        found = path.exists()
    except (OSError, ValueError):  # too long, or with a null character
        found = False
    if not found:
        experiment = experiment_of(path) if may_be_name else None
        if experiment:
            raise InputError(
                f"{value}: does not exist yet; run experiment={experiment} first, or set {key}"
            )
        raise InputError(f"{value}: no such file or directory; check {key}")


def _check_written(config: "DictConfig", command: HydraCommand, inputs: Sequence[Named]) -> None:
    """Check the folders that are written, and that no file that is always written there is an input."""
    from omegaconf import OmegaConf

    for key, names in command.written.items():
        folder = Path(str(OmegaConf.select(config, key)))
        check_folder(folder)
        check_outputs([(key, folder / name) for name in names], inputs)


def _check_files(config: "DictConfig", command: HydraCommand) -> None:
    from omegaconf import DictConfig, ListConfig, OmegaConf
    from omegaconf.errors import OmegaConfBaseException

    inputs: list[Named] = []
    for key in (*command.inputs, *command.lists, *command.checkpoints):
        try:
            value: Any = OmegaConf.select(config, key)
        except OmegaConfBaseException:  # a resolver that reads a checkpoint; too early for it
            continue
        values = list(value) if isinstance(value, DictConfig | ListConfig) else [value]
        for item in values:
            if isinstance(item, str):
                _check_exists(key, item, key in command.checkpoints)
                inputs.append((f"file of {key}", item if Path(item).exists() else None))
    for key in command.outputs:
        check_output_path(Path(str(OmegaConf.select(config, key))), key)
    _check_written(config, command, inputs)


def _group_of(word: str) -> str:
    """Return the config group that a word chooses an option of, if it does."""
    key = word.partition("=")[0].lstrip("+~")
    return re.split("[/@]", key)[0]


def _check_groups(runs: Iterable[list[str]], known: Container[str]) -> None:
    """Refuse `GROUP=null`, which Hydra answers with a traceback."""
    from wav2lip.cli.config_help import options_of

    for word in {word for words in runs for word in words}:
        empty = word.endswith(("=", "=null")) and not word.startswith("~")
        if empty and word.partition("=")[0].lstrip("+").partition("@")[0] in known:
            key = word.partition("=")[0].lstrip("+~")
            options = ", ".join(options_of(key.partition("@")[0]))
            raise InputError(f"config: {word} chooses no option; choose one of {options}")


def _check_config(runs: Iterable[list[str]], command: HydraCommand) -> None:
    from hydra import compose

    from wav2lip.cli.config_errors import require_complete
    from wav2lip.cli.config_help import groups
    from wav2lip.cli.schema import check_values, needs_defaults

    known = set(groups())
    runs = list(runs)
    _check_groups(runs, known)
    configs: list[DictConfig] = []
    for words in runs:
        config = compose(command.name, words)
        for key, message in command.required.items():
            if config.get(key) is None:
                raise InputError(message)
        require_complete(config)
        chosen = [word for word in words if _group_of(word) in known]
        keys = [word.partition("=")[0].lstrip("+~") for word in words if word not in chosen]
        like = any(needs_defaults(key, command.name) for key in keys)
        check_values(config, compose(command.name, chosen) if like else config, command.name)
        _check_files(config, command)
        if command.locked and not process_rank():
            require_unlocked(Path(str(config[command.locked])))
        configs.append(config)
    for config in configs:  # all values of a sweep are known to fit
        CONTENT_CHECKS[command.name](config)


def _help(words: Sequence[str], command: HydraCommand) -> str:
    from hydra import compose
    from omegaconf import OmegaConf

    from wav2lip.cli.config_help import help_text

    config = compose(command.name, list(words), return_hydra_config=True)
    choices = OmegaConf.to_container(config.hydra.runtime.choices)
    assert isinstance(choices, dict)
    order = sorted(((str(group), option) for group, option in choices.items()), key=lambda g: g[0])
    first = f"{command.positional.upper()} " if command.positional else ""
    return help_text(command.name, f"{first}KEY=VALUE ...", command.summary, dict(order))


def prepare(command: HydraCommand, words: Sequence[str]) -> list[str] | None:
    """Check the command line of a Hydra command.

    Args:
        command: which.
        words: those after its name.

    Returns:
        The words for Hydra, with values quoted where its grammar requires it; None if the help was
        printed and nothing is left to do.

    Raises:
        InputError: an extra is not installed, a key or option is unknown, a required value is
            missing, or an input does not exist.
    """
    for module in command.requires:
        if importlib.util.find_spec(module) is None:
            message = extra_message(module, command.extra)
            raise InputError(f"wav2lip {command.name} needs the extra [{command.extra}]: {message}")
    from hydra import initialize_config_module
    from hydra.errors import HydraException
    from omegaconf.errors import OmegaConfBaseException

    from wav2lip.cli.config_errors import as_input_error
    from wav2lip.cli.overrides import make_safe, unswept

    flags, overrides = split_flags(words)
    check_flags(flags)
    if command.positional and overrides:
        first = overrides[0]
        folder = not first.startswith(f"{command.positional}=") and Path(first).exists()
        if folder or ("=" not in first and not first.startswith("~")):
            overrides[0] = f"{command.positional}={first}"
    sweep = "-m" in flags or "--multirun" in flags
    paths = (*command.inputs, *command.checkpoints, *command.outputs)
    safe = make_safe(overrides, paths, sweep, command.lists)
    if needs_hydra(flags):
        return [*flags, *safe]
    try:
        with initialize_config_module("wav2lip.configs", version_base="1.3"):
            if "--help" in flags or "-h" in flags:
                print(_help(next(unswept(safe)), command))
                return None
            _check_config(unswept(safe) if sweep else [safe], command)
    except (HydraException, OmegaConfBaseException) as error:
        raise as_input_error(error) from error
    return [*flags, *safe]
