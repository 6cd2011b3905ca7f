import pytest
import torch

from wav2lip.errors import InputError
from wav2lip.tasks.resumable import require_resumable


def save(path, task):
    torch.save({"state_dict": task.state_dict(), "hyper_parameters": dict(task.hparams)}, path)
    return path


def test_only_a_checkpoint_of_the_same_task_can_be_resumed(sync_task, lip_task, gan_task, tmp_path):
    path = save(tmp_path / "last.ckpt", lip_task())
    require_resumable(path, lip_task())
    with pytest.raises(InputError, match=r"last\.ckpt: belongs to another task \(discriminator\."):
        require_resumable(path, gan_task())
    with pytest.raises(InputError, match=r"another task .* give another run=\.\.\. or start anew"):
        require_resumable(path, sync_task())
    wider = {**lip_task().hparams["generator"], "embedding": 32}
    with pytest.raises(
        InputError, match=r"saved from other networks \(generator\..* is \(.*\) there, \("
    ):
        require_resumable(path, lip_task(generator=wider))


def test_another_kind_of_optimizer_is_refused(sync_task, tmp_path):
    path = save(tmp_path / "last.ckpt", sync_task())
    lower = {**sync_task().hparams["optimizer"], "lr": 1e-6}
    require_resumable(path, sync_task(optimizer=lower))
    with pytest.raises(
        InputError, match=r"task\.optimizer=torch\.optim\.AdamW, this run has torch\.optim\.SGD"
    ):
        require_resumable(path, sync_task(optimizer={"_target_": "torch.optim.SGD", "lr": 0.1}))


def test_a_damaged_checkpoint_is_named(lip_task, tmp_path):
    path = save(tmp_path / "last.ckpt", lip_task())
    path.write_bytes(path.read_bytes()[:5000])
    with pytest.raises(InputError, match=r"last\.ckpt: is truncated or damaged"):
        require_resumable(path, lip_task())
