import math

import pytest
import torch

from wav2lip.callbacks import NaNWatchdog
from wav2lip.callbacks.nan_watchdog import non_finite_samples
from wav2lip.errors import InputError


def test_samples_with_non_finite_values_are_found():
    mel = torch.zeros(4, 1, 2, 2)
    mel[1, 0, 1, 1] = math.nan
    mel[3, 0, 0, 0] = math.inf
    batch = {"mel": mel, "target": torch.zeros(4, 3, dtype=torch.uint8), "clip": list("abcd")}
    assert non_finite_samples(batch) == [1, 3]
    scale = torch.tensor([1.0, 1.0, math.nan, 1.0])  # one number for each clip
    assert non_finite_samples({**batch, "scale": scale}) == [1, 2, 3]


def test_a_non_finite_loss_names_the_clips_and_takes_no_step(scripted, loaders, trainer):
    task = scripted(losses=[1.0, 1.0, math.nan])
    with pytest.raises(
        InputError, match=r"step 2: the loss is nan: the batch holds clip-04, clip-05;"
    ):
        trainer(6, NaNWatchdog()).fit(task, *loaders)
    assert math.isfinite(float(task.weight))


def test_broken_data_and_broken_weights_are_told_apart(scripted, loaders, trainer):
    train, val = loaders
    train.dataset.mel[5] = math.nan
    with pytest.raises(InputError, match=r"the data of clip-05 hold NaN or infinite values"):
        trainer(6, NaNWatchdog()).fit(scripted(losses=[1.0, 1.0, math.nan]), train, val)
    task = scripted(losses=[math.nan])
    torch.nn.init.constant_(task.weight, math.inf)
    with pytest.raises(InputError, match=r"the weight weight is no longer finite; lower"):
        trainer(6, NaNWatchdog()).fit(task, train, val)
