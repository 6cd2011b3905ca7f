"""Check the values of a Hydra command's config, before anything heavy is imported.

Three rules, from strict to lax: a key in the table of its command (`config_rules`) has a range; any other value keeps
the type of its default; every number is finite.
"""

import math
import re
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from wav2lip.cli.config_rules import ADDRESSES, CLOSED, FREE, HYDRA_RULES, NODES, SCHEMAS, SWITCHES
from wav2lip.errors import InputError
from wav2lip.utils.addresses import require_local
from wav2lip.utils.values import (
    Flag,
    Number,
    Rule,
    Text,
    Whole,
    check,
)

if TYPE_CHECKING:
    from omegaconf import DictConfig


def _matches(key: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatchcase(key, pattern) for pattern in patterns)


def _rule(key: str, schema: Mapping[str, Rule]) -> Rule | None:
    of_hydra = HYDRA_RULES.get(key.rpartition(".")[2])
    if of_hydra is not None:
        return of_hydra
    if key in schema:
        return schema[key]
    return next((rule for pattern, rule in schema.items() if fnmatchcase(key, pattern)), None)


def _like(value: object) -> Rule | None:
    """Return the rule that a value of the type of a default fulfils."""
    if isinstance(value, bool):
        return Flag()
    if isinstance(value, int):
        return Whole()
    if isinstance(value, float):
        return Number()
    return Text() if isinstance(value, str) and value else None


def _leaves(node: object, path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the dotted key and the value of everything that is not a mapping."""
    if isinstance(node, dict) and node:
        for key, value in node.items():
            yield from _leaves(value, f"{path}.{key}" if path else str(key))
    else:
        yield path, node


def _finite(value: object) -> bool:
    if isinstance(value, list | tuple):
        return all(_finite(item) for item in value)
    return not isinstance(value, float) or math.isfinite(value)


def _check_local(key: str, value: object) -> None:
    """Refuse the address of a remote file, in a value, a list, or the name of an item such as a manifest."""
    require_local("config: a path", key.partition("data.manifests.")[2])
    for item in value if isinstance(value, list | tuple) else [value]:
        if isinstance(item, str):
            require_local(f"config: {key}", item)


def _check_leaf(key: str, value: object, rule: Rule | None, default: object) -> None:
    if not _matches(key, ADDRESSES):
        _check_local(key, value)
    if rule is not None:
        check(f"config: {key}", value, rule)
    elif not _finite(value):
        raise InputError(f"config: {key} must be a finite number, not {value}")
    elif value is not None and not _matches(key, FREE):
        like = _like(default)
        if like is not None:
            check(f"config: {key}", value, like)


def needs_defaults(key: str, command: str) -> bool:
    """Tell whether an override of `key` is checked by the type of its default."""
    return _rule(key, SCHEMAS[command]) is None and not _matches(key, FREE)


def _check_single(key: str, schema: Mapping[str, Rule]) -> None:
    """Refuse a key below one that holds a single value, as `seed={a: 1}` makes it."""
    for match in re.finditer(r"\.", key):
        above = key[: match.start()]
        if not _matches(above, NODES) and _rule(above, schema) is not None:
            raise InputError(f"config: {above} is a single value; give {above}=VALUE")


def check_values(config: "DictConfig", defaults: "DictConfig", command: str) -> None:
    """Check every value of a composed config.

    Args:
        config: the config with all overrides.
        defaults: the config with the same groups, but no other override; gives the types.
        command: name of the command.

    Raises:
        InputError: a value does not fit. The message names its key.
    """
    from omegaconf import OmegaConf
    from omegaconf.errors import OmegaConfBaseException

    schema = SCHEMAS[command]
    plain = OmegaConf.to_container(config, resolve=False)
    expected = dict(_leaves(OmegaConf.to_container(defaults, resolve=False)))
    nodes = {key[: match.start()] for key in expected for match in re.finditer(r"\.", key)}
    for key, value in _leaves(plain):
        if "_target_" in key or value == "???":
            continue
        _check_single(key, schema)
        if _matches(key, CLOSED) and _rule(key, schema) is None:
            raise InputError(f"config: unknown key {key}; remove it")
        if key in nodes and value != {} and not (value is None and _matches(key, SWITCHES)):
            raise InputError(
                f"config: {key} holds several values; give {key}.KEY=VALUE for each one"
            )
        if isinstance(value, str) and "${" in value:
            try:
                value = OmegaConf.select(config, key)
            except (OmegaConfBaseException, InputError):  # a resolver that reads a checkpoint
                continue
            if (
                key not in schema and key.rpartition(".")[2] not in HYDRA_RULES
            ):  # what it refers to is checked there
                continue
        default = expected.get(key)
        default = None if isinstance(default, str) and "${" in default else default
        _check_leaf(key, value, _rule(key, schema), default)
