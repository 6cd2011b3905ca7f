import pytest
import torch
from pytorch_lightning.callbacks import ModelCheckpoint

from wav2lip.checkpoints import load_network
from wav2lip.tasks.syncnet import diagonal_means, pairwise_accuracy


def test_diagonal_means_find_a_planted_shift():
    similarity = torch.zeros(2, 12, 12)
    similarity[0].diagonal(3).fill_(1)
    similarity[1].diagonal(-2).fill_(1)
    means = diagonal_means(similarity, max_shift=5)
    assert means.shape == (2, 11)
    assert (means.argmax(-1) - 5).tolist() == [3, -2]
    assert means.max(-1).values.tolist() == [1, 1]


def test_pairwise_accuracy_counts_wins_and_half_ties():
    assert pairwise_accuracy(torch.eye(8)).item() == 1
    assert pairwise_accuracy(1 - torch.eye(8)).item() == 0
    assert pairwise_accuracy(torch.zeros(8, 8)).item() == 0.5
    similarity = torch.eye(8)
    similarity[0, 5] = 2  # one of the (3 + 2 + 1) * 2 = 12 pairs five or more frames apart
    assert pairwise_accuracy(similarity).item() == pytest.approx(11 / 12)
    similarity[0, 4] = 2  # too near to count
    assert pairwise_accuracy(similarity).item() == pytest.approx(11 / 12)


def test_a_trained_checkpoint_rebuilds_itself(sync_task, sync_data, trainer, tmp_path):
    task = sync_task()
    run = trainer(3, ModelCheckpoint(tmp_path, save_last=True))
    run.fit(task, sync_data())
    assert set(run.callback_metrics) >= {"val/sync", "val/pairwise", "val/offset_within_1"}
    assert 0 <= run.callback_metrics["val/pairwise"] <= 1
    loaded = load_network(tmp_path / "last.ckpt", "syncnet")
    assert loaded.config["image_size"] == 48
    for key, value in task.syncnet.state_dict().items():
        assert torch.equal(loaded.network.state_dict()[key], value)
