"""Rules for the values of each command's config: type, range, choices."""

from collections.abc import Mapping
from dataclasses import dataclass

from wav2lip.faces.detectors import NAMES
from wav2lip.inference.settings import RULES as INFER_RULES
from wav2lip.preprocessing.settings import AUDIT_RULES, VAL_SHARE
from wav2lip.preprocessing.settings import RULES as CLIP_RULES
from wav2lip.types import SPLITS
from wav2lip.utils.values import (
    PIXELS,
    SIZE,
    Device,
    Either,
    Flag,
    Number,
    OneOf,
    Rule,
    Text,
    Whole,
    optional,
)

MAX_SEED = 2**32 - 1  # of NumPy
MAX_PROCESSES = 1024
MAX_STEPS = 10**9
MAX_DEVICES = 64  # of one machine; each is a process
COMPILERS = ("inductor", "cudagraphs", "aot_eager", "eager", "openxla", "tvm")  # torch.compile


@dataclass(frozen=True)
class Indices:
    """A list of device numbers, such as [0, 2]."""

    def accepts(self, value: object) -> bool:
        """Tell whether `value` is such a list."""
        one = Whole(0, MAX_DEVICES)
        return isinstance(value, list | tuple) and bool(value) and all(map(one.accepts, value))

    def hint(self, value: object) -> str:
        """Return nothing."""
        return ""

    def __str__(self) -> str:
        return "a list of their numbers"


@dataclass(frozen=True)
class OneOrMore:
    """A text, or a list of texts.

    Attributes:
        what: one of them, for the message.
    """

    what: str

    def accepts(self, value: object) -> bool:
        """Tell whether `value` is such a text or list."""
        texts = value if isinstance(value, list | tuple) else [value]
        return bool(texts) and all(map(Text().accepts, texts))

    def hint(self, value: object) -> str:
        """Return nothing."""
        return ""

    def __str__(self) -> str:
        return f"a {self.what} or a list of {self.what}s"


_COUNT, _SHARE, _WEIGHT = Whole(1, MAX_STEPS), Number(0, 1), Number(0)
_DETECTION: dict[str, Rule] = {
    "detector": OneOf(NAMES),
    "detector_weights": optional(Text()),
    "device": optional(Device()),
}

_EXECUTOR: dict[str, Rule] = {
    "workers": optional(Whole(1, MAX_PROCESSES)),
    "executor.workers": optional(Whole(1, MAX_PROCESSES)),
    "executor.cpus": Number(0, MAX_PROCESSES),
    "executor.retries": Whole(-1, MAX_STEPS),
}
# Keys, where * stands for anything, and what they may be. A key that is absent is not checked.
PREPROCESS: dict[str, Rule] = {
    "input": Text(),
    "output": Text(),
    "splits": optional(Text()),
    "val_share": VAL_SHARE,
    "max_pixels": optional(PIXELS),
    **_EXECUTOR,
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
    "resume": Flag(),
    **dict.fromkeys(("inception", "i3d", "alexnet", "arcface"), optional(Text())),
    "limit": optional(_COUNT),
    "max_pixels": optional(PIXELS),
    "leak_seconds": Number(0, 3600),
    "protocol": optional(OneOrMore("protocol")),
    "protocol.*": Text(),
    "landmarks": Flag(),
    "seed": Whole(0, MAX_SEED),
    **_EXECUTOR,
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
    "data.manifests": OneOrMore("path"),
    "data.manifests.*": Number(0, MAX_STEPS, above=True),  # how often a clip of this one is drawn
    "data.batch_size": _COUNT,
    "data.val_batch_size": _COUNT,
    "data.steps_per_epoch": _COUNT,
    "data.num_workers": optional(Whole(0, MAX_PROCESSES)),
    "data.cache_mb": _WEIGHT,
    "data.min_frames": _COUNT,
    "data.hold_out": Number(0, 1, above=True, below=True),
    "data.dataset.seed": Whole(0, MAX_SEED),
    "data.*.image_size": SIZE,
    "data.*.windows": _COUNT,
    "data.*.window": _COUNT,
    "data.*.gap": _COUNT,
    "data.*.far": optional(_COUNT),
    "data.*.near_after": Whole(0, MAX_STEPS),
    "data.*.frames": _COUNT,
    "data.*.negatives": Whole(0, MAX_STEPS),
    "data.dataset.augment.gain": Number(0, 100),
    "data.dataset.augment.sharpen": Number(0, 10),
    "data.dataset.augment.rotate": Number(0, 180),
    "data.dataset.augment.scale": Number(0, 1, below=True),
    "data.dataset.augment.*": _SHARE,
    "task.loss.within": _SHARE,
    "task.loss.margin": Number(0, 2),
    "task.loss.other_share": Number(0, 1, below=True),
    "task.chunk": optional(Whole(2, MAX_STEPS)),
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
    "trainer.devices": Either((OneOf(("auto",)), Whole(-1, MAX_DEVICES), Indices())),
    "trainer.accumulate_grad_batches": _COUNT,
    "trainer.check_val_every_n_epoch": optional(_COUNT),
    "trainer.val_check_interval": optional(Number(0, MAX_STEPS, above=True)),
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
# Nodes without other keys than those in the table.
CLOSED = ("clip.*", "infer.*")
# A value, or a node whose keys the user chooses.
NODES = ("data.manifests", "data.manifests.*")
# Values whose type may differ from that of their default.
FREE = ("trainer.*", *NODES)
# Values that may be the address of a server; every other one is a local path, a name or a number.
ADDRESSES = ("executor.address", "logger.*", "trainer.strategy.*")
# Nodes that null switches off.
SWITCHES = ("callbacks.*", "logger.*", "*.augment", "*.pixel_losses")
