"""What the values of each Hydra command may be, checked before anything heavy is imported.

Three rules, from strict to lax: a key in the table of its command has a range; any other value keeps the type of
its default; every number is finite.
"""

import math
import re
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from wav2lip.errors import InputError
from wav2lip.faces.detectors import NAMES
from wav2lip.inference.settings import RULES as INFER_RULES
from wav2lip.preprocessing.settings import AUDIT_RULES, VAL_SHARE
from wav2lip.preprocessing.settings import RULES as CLIP_RULES
from wav2lip.utils.addresses import require_local
from wav2lip.utils.values import (
    PIXELS,
    SIZE,
    Device,
    Flag,
    Number,
    OneOf,
    Rule,
    Text,
    Whole,
    check,
    optional,
)

if TYPE_CHECKING:
    from omegaconf import DictConfig

MAX_SEED = 2**32 - 1  # of NumPy
MAX_PROCESSES = 1024
MAX_STEPS = 10**9
SPLITS = ("train", "val", "test")
COMPILERS = ("inductor", "cudagraphs", "aot_eager", "eager", "openxla", "tvm")  # torch.compile

_COUNT, _SHARE, _WEIGHT = Whole(1, MAX_STEPS), Number(0, 1), Number(0)
_DETECTION: dict[str, Rule] = {
    "detector": OneOf(NAMES),
    "detector_weights": optional(Text()),
    "device": optional(Device()),
}

# Keys, where * stands for anything, and what they may be. A key that is absent is not checked.
PREPROCESS: dict[str, Rule] = {
    "input": Text(),
    "output": Text(),
    "splits": optional(Text()),
    "val_share": VAL_SHARE,
    "workers": optional(Whole(1, MAX_PROCESSES)),
    "max_pixels": optional(PIXELS),
    "executor.cpus": Number(0, MAX_PROCESSES),
    "executor.retries": Whole(-1, MAX_STEPS),
    **_DETECTION,
    **{f"clip.{key}": rule for key, rule in CLIP_RULES.items()},
    **{f"audit.{key}": rule for key, rule in AUDIT_RULES.items()},
    "audit.device": optional(Device()),
    "audit.expert": optional(Text()),
}
AUDIT: dict[str, Rule] = {
    "clips": Text(),
    "expert": Text(),
    "device": optional(Device()),
    **AUDIT_RULES,
}
EVALUATE: dict[str, Rule] = {
    "input": Text(),
    "output": Text(),
    "root": optional(Text()),
    "real": optional(Text()),
    "checkpoint": optional(Text()),
    "judge_weights": Text(),
    "inception": optional(Text()),
    "limit": optional(_COUNT),
    "max_pixels": optional(PIXELS),
    "leak_seconds": Number(0, 3600),
    **_DETECTION,
    "scoring.windows": optional(OneOf(("all", "published"))),
    "scoring.padding": optional(OneOf(("none", "zeros"))),
    "scoring.span": Number(0, 3600, above=True),
    "segments.min_frames": _COUNT,
    "pairs.split": OneOf(SPLITS),
    **{f"infer.{key}": rule for key, rule in INFER_RULES.items()},
}
TRAIN: dict[str, Rule] = {
    "experiment_name": optional(Text()),
    "run": Text(),
    "seed": Whole(0, MAX_SEED),
    "resume": Flag(),
    "threads": optional(Whole(1, MAX_PROCESSES)),
    "compile": optional(OneOf(COMPILERS)),
    "init_from": Text(),
    "data.batch_size": _COUNT,
    "data.val_batch_size": _COUNT,
    "data.steps_per_epoch": _COUNT,
    "data.num_workers": Whole(0, MAX_PROCESSES),
    "data.cache_mb": _WEIGHT,
    "data.min_frames": _COUNT,
    "data.hold_out": Number(0, 1, above=True, below=True),
    "data.*.image_size": SIZE,
    "data.*.windows": _COUNT,
    "data.*.gap": _COUNT,
    "data.*.far": optional(_COUNT),
    "data.*.near_after": Whole(0, MAX_STEPS),
    "data.*.frames": _COUNT,
    "data.*.negatives": Whole(0, MAX_STEPS),
    "data.dataset.augment.gain": Number(0, 100),
    "data.dataset.augment.rotate": Number(0, 180),
    "data.dataset.augment.scale": Number(0, 1, below=True),
    "data.dataset.augment.*": _SHARE,
    "task.weights.*": _WEIGHT,
    "task.mouth_weight": _WEIGHT,
    "task.code_noise": _WEIGHT,
    "task.neutral_share": _SHARE,
    "task.motion_gain": Number(0, 100, above=True),
    "task.max_grad_norm": optional(Number(0, above=True)),
    "task.warmup": optional(Whole(0, MAX_STEPS)),
    "task.*optimizer.lr": Number(0, 100),
    "task.*optimizer.weight_decay": _WEIGHT,
    "trainer.max_steps": Whole(-1, MAX_STEPS),
    "trainer.max_epochs": optional(Whole(-1, MAX_STEPS)),
    "trainer.num_nodes": _COUNT,
    "trainer.gradient_clip_val": optional(_WEIGHT),
    "trainer.log_every_n_steps": Whole(0, MAX_STEPS),
    "trainer.num_sanity_val_steps": Whole(-1, MAX_STEPS),
    "callbacks.*.every": _COUNT,
    "callbacks.*.steps": _COUNT,
    "callbacks.*.refresh_rate": Whole(0, MAX_STEPS),
    "callbacks.*.patience": Whole(0, MAX_STEPS),
    "callbacks.*.decay": _SHARE,
    "callbacks.*.mode": OneOf(("min", "max")),
    "callbacks.*.save_top_k": Whole(-1, MAX_STEPS),
}
SCHEMAS: dict[str, Mapping[str, Rule]] = {
    "preprocess": PREPROCESS,
    "train": TRAIN,
    "evaluate": EVALUATE,
    "audit": AUDIT,
}
HYDRA_RULES: dict[str, Rule] = {  # of `hydra.utils.instantiate`, in any node
    "_partial_": Flag(),
    "_recursive_": Flag(),
    "_convert_": OneOf(("none", "partial", "object", "all")),
}
# Values whose type may differ from that of their default.
FREE = ("trainer.*", "data.manifests", "data.manifests.*")
# Values that may be the address of a server; every other one is a local path, a name or a number.
ADDRESSES = ("executor.address", "logger.*", "trainer.strategy.*")
# Nodes that null switches off.
SWITCHES = ("callbacks.*", "logger.*", "*.augment", "*.pixel_losses")


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
