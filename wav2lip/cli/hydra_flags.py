"""The options of Hydra itself, such as --multirun, among the words of a command line."""

from collections.abc import Sequence

from wav2lip.errors import InputError

# They choose another config, or print part of it.
CONFIG_WITH_VALUE = (
    "--cfg", "-c", "--config-path", "-cp", "--config-name", "-cn", "--config-dir", "-cd",
)  # fmt: skip
CONFIG_FLAGS = (
    "--hydra-help", "--version", "--shell-completion", "-sc", "--experimental-rerun", "--info", "-i",
)  # fmt: skip
OTHER_WITH_VALUE = ("--package", "-p")
OTHER_FLAGS = ("--help", "-h", "--resolve", "--run", "-r", "--multirun", "-m")

WITH_VALUE = CONFIG_WITH_VALUE + OTHER_WITH_VALUE
UNCHECKED = CONFIG_WITH_VALUE + CONFIG_FLAGS
FLAGS = UNCHECKED + OTHER_WITH_VALUE + OTHER_FLAGS


def split_flags(words: Sequence[str]) -> tuple[list[str], list[str]]:
    """Split a command line into Hydra's own options, with their values, and overrides."""
    flags: list[str] = []
    overrides: list[str] = []
    waiting = False
    for word in words:
        if waiting or word.startswith("-"):
            flags.append(word)
        else:
            overrides.append(word)
        waiting = not waiting and word in WITH_VALUE
    return flags, overrides


def check_flags(flags: Sequence[str]) -> None:
    """Check that Hydra has every one of its options that a command line names.

    Raises:
        InputError: it lacks one.
    """
    from wav2lip.cli.overrides import nearest

    waiting = False
    for flag in flags:
        name = flag.partition("=")[0]
        if not waiting and name not in FLAGS:
            near = nearest(name, FLAGS) if name.startswith("--") else None
            hint = f"did you mean {near}?" if near else f"write {name.lstrip('-')}=VALUE"
            raise InputError(f"unknown option {name}; {hint}")
        waiting = not waiting and name in WITH_VALUE and "=" not in flag


def needs_hydra(flags: Sequence[str]) -> bool:
    """Tell whether an option requires Hydra's own view of the config, or replaces the config.

    Nothing is checked then.
    """
    return any(flag.partition("=")[0] in UNCHECKED for flag in flags)
