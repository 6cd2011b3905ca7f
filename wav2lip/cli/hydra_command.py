"""The commands whose options are a Hydra config: what each requires, reads and writes."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class HydraCommand:
    """A command whose options are a Hydra config.

    Attributes:
        name: of the command and of its config file.
        summary: one line for the help.
        extra: the extra that installs what it requires.
        requires: modules of that extra.
        inputs: keys that hold a file or folder, which must exist.
        lists: keys that hold a file or folder, a list of them, or a mapping from them, which must exist.
        checkpoints: keys that hold a checkpoint: a file, which must exist, or a name.
        outputs: keys that hold a file or folder to write.
        written: files that are written, by the key of their folder.
        required: keys that must not be null, with the error message.
        locked: key of the folder that only one process may write to.
        positional: key that a first word without `=` sets.
    """

    name: str
    summary: str
    extra: str
    requires: tuple[str, ...]
    inputs: tuple[str, ...] = ()
    lists: tuple[str, ...] = ()
    checkpoints: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    written: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    required: Mapping[str, str] = field(default_factory=dict)
    locked: str | None = None
    positional: str | None = None


HYDRA_COMMANDS = {
    command.name: command
    for command in (
        HydraCommand(
            "preprocess",
            "Turn videos into clip files and a manifest that training reads.",
            extra="train",
            requires=("torch", "hydra"),
            inputs=("input", "splits", "detector_weights"),
            checkpoints=("audit.expert",),
            outputs=("output",),
            written={
                "output": (
                    "manifest.csv",
                    "failures.csv",
                    "remarks.csv",
                    "dropped.csv",
                    "rejected.csv",
                    "audit.png",
                )
            },
            locked="output",
        ),
        HydraCommand(
            "train",
            "Train the sync expert, a generator, or any other experiment.",
            extra="train",
            requires=("torch", "hydra", "pytorch_lightning", "torchmetrics"),
            lists=("data.manifests",),
            checkpoints=("init_from", "task.expert", "task.init_from", "task.motion_from"),
            outputs=("run",),
            written={
                "run": (
                    "checkpoints/last.ckpt",
                    "checkpoints/best.ckpt",
                    "curves/metrics.csv",
                    "curves/curves.png",
                )
            },
            locked="run",
            required={
                "experiment_name": "no experiment given; try experiment=syncnet or "
                "experiment=wav2lip (configs/experiment)"
            },
        ),
        HydraCommand(
            "evaluate",
            "Score videos, or a checkpoint on a list of pairs.",
            extra="eval",
            requires=("torch", "hydra", "torchmetrics", "matplotlib", "jinja2"),
            inputs=(
                *("input", "real", "root", "inception", "i3d", "alexnet", "arcface"),
                "detector_weights",
            ),
            checkpoints=("checkpoint", "judge_weights"),
            outputs=("output",),
            written={
                "output": (
                    "results.json",
                    "clips.csv",
                    "summary.csv",
                    "summary.md",
                    "summary.tex",
                    "summary.json",
                    "skipped.csv",
                    "left_out.csv",
                    "distance.png",
                    "confidence.png",
                    "lip_leak.png",
                    "index.html",
                )
            },
            locked="output",
        ),
        HydraCommand(
            "audit",
            "Measure the sync of preprocessed clips; shift or drop clips that are off.",
            extra="train",
            requires=("torch", "hydra"),
            inputs=("clips",),
            checkpoints=("expert",),
            written={"clips": ("manifest.csv", "rejected.csv", "audit.png")},
            locked="clips",
            positional="clips",
        ),
    )
}
