"""Whether a run can go on from a checkpoint, said before it tries."""

from pathlib import Path

from wav2lip.checkpoints.weight_files import read_weight_file
from wav2lip.errors import InputError
from wav2lip.tasks.base import Task

CURE = "give another run=... or start anew with resume=false"


def require_resumable(path: Path, task: Task) -> None:
    """InputError where a checkpoint is damaged, of another task or shape, or began from elsewhere.

    Whether it learned from the same clips is known, and said, once those are loaded (`Task.on_train_start`).
    """
    file = read_weight_file(path)
    saved = {key: tuple(value.shape) for key, value in file.state.items()}
    own = {key: tuple(value.shape) for key, value in task.state_dict().items()}
    if set(saved) != set(own):
        odd = sorted(set(saved) ^ set(own))[0]
        owner = "the checkpoint" if odd in saved else "this run"
        raise InputError(f"{path}: is of another task ({odd} is only in {owner}'s); {CURE}")
    wrong = [key for key, shape in own.items() if saved[key] != shape]
    if wrong:
        key = wrong[0]
        raise InputError(
            f"{path}: is of other networks ({key} is {saved[key]} there, {own[key]} here); {CURE}"
        )
    began, begins = (str(h.get("init_from")) for h in (file.hyper_parameters, task.hparams))
    if began != begins:
        raise InputError(f"{path}: began from {began}, this run from {begins}; {CURE}")
