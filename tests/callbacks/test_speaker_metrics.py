from functools import partial

import pytest
import torch

from wav2lip.callbacks import SpeakerMetrics
from wav2lip.callbacks.speaker_metrics import zero_shift_confidence
from wav2lip.checkpoints import load_network
from wav2lip.checkpoints.bundled import JUDGE
from wav2lip.data.datamodule import ClipDataModule
from wav2lip.data.datasets import LipDataset
from wav2lip.errors import InputError
from wav2lip.tasks import Wav2LipTask

GENERATOR = {
    "_target_": "wav2lip.models.Generator",
    "width": 0.0625,
    "image_size": 48,
    "embedding": 16,
    "audio_residuals": [0, 0, 0, 0],
    "max_residuals": 0,
}


def test_only_sync_at_zero_shift_counts():
    face = torch.tensor([[1.0, 0.0]])
    at_right_angles = torch.tensor([[[0.0, 1.0], [0.0, -1.0]]])
    assert zero_shift_confidence(face, at_right_angles, face).item() == pytest.approx(2**0.5)
    assert zero_shift_confidence(face, face[:, None], face).item() == 0
    assert zero_shift_confidence(at_right_angles[:, 0], face[:, None], face).item() < 0


def fit(trainer, corpus, tmp_path, expert_id="none"):
    task = Wav2LipTask(GENERATOR, {"_target_": "torch.optim.Adam", "lr": 1e-4})
    task._expert_id = expert_id
    data = partial(LipDataset, image_size=48, negatives=3)
    run = trainer(2, SpeakerMetrics(), default_root_dir=tmp_path)
    run.fit(task, ClipDataModule(data, data, [str(corpus)], 2, 2))
    return {name: float(value) for name, value in run.callback_metrics.items()}


def test_mouth_and_judge_are_logged_at_another_size_too(trainer, corpus, tmp_path):
    values = fit(trainer, corpus, tmp_path)
    assert 0 < values["val/mouth_l1"] < 1
    assert -1 < values["val/judge_c"] < 1
    assert values["val/judge_c"] != values["val/judge_real"]


def test_the_expert_that_trained_the_generator_is_refused_as_judge(trainer, corpus, tmp_path):
    itself = load_network(JUDGE, "syncnet").metadata["training_id"]
    with pytest.raises(InputError, match="would be meaningless"):
        fit(trainer, corpus, tmp_path, expert_id=itself)
