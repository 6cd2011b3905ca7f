"""Check whether a run can resume from a checkpoint, before it starts."""

from pathlib import Path

import torch

from wav2lip.checkpoints.formats import read_weight_file
from wav2lip.errors import InputError
from wav2lip.tasks.base import Task

OPTIMIZERS = ("optimizer", "discriminator_optimizer")
CURE = "give another run=... or start anew with resume=false"


def require_resumable(path: Path, task: Task) -> int:
    """Check that a task can resume from a checkpoint.

    `Task.on_train_start` checks the training clips, which are not loaded yet, and the expert.

    Returns:
        The step at which it resumes.

    Raises:
        InputError: the checkpoint is damaged, of another task, of networks of another shape, of another frozen
            network or kind of optimizer, or was initialised from another checkpoint.
    """
    file = read_weight_file(path)
    saved = {key: tuple(value.shape) for key, value in file.state.items()}
    own = {key: tuple(value.shape) for key, value in task.state_dict().items()}
    if set(saved) != set(own):
        key = sorted(set(saved) ^ set(own))[0]
        owner = "the checkpoint" if key in saved else "this run"
        raise InputError(f"{path}: belongs to another task ({key} is only in {owner}); {CURE}")
    wrong = [key for key, shape in own.items() if saved[key] != shape]
    if wrong:
        key = wrong[0]
        raise InputError(
            f"{path}: was saved from other networks ({key} is {saved[key]} there, {own[key]} here); {CURE}"
        )
    for key in sorted(name for name, value in task.named_parameters() if not value.requires_grad):
        # The average of equal weights (see `EMA`) differs from them by rounding.
        if not torch.allclose(file.state[key].float(), task.state_dict()[key].float(), atol=1e-3):
            raise InputError(
                f"{path}: was saved with another frozen network ({key} differs from this run's); {CURE}"
            )
    for name in OPTIMIZERS:
        kinds = [(h.get(name) or {}).get("_target_") for h in (file.hyper_parameters, task.hparams)]
        if kinds[0] != kinds[1]:
            raise InputError(
                f"{path}: was saved with task.{name}={kinds[0]}, this run has {kinds[1]}; {CURE}"
            )
    before, now = (str(h.get("init_from")) for h in (file.hyper_parameters, task.hparams))
    if before != now:
        raise InputError(f"{path}: was initialised from {before}, this run from {now}; {CURE}")
    return int(file.metadata.get("step", 0))
