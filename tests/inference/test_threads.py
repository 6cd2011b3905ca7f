"""Process-wide settings survive runs that overlap."""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from wav2lip.inference.lip_syncer import LipSyncer
from wav2lip.inference.settings import Settings
from wav2lip.inference.threads import one_torch_thread


@pytest.fixture(autouse=True)
def three_threads() -> object:
    before = torch.get_num_threads(), cv2.getNumThreads()
    torch.set_num_threads(3)
    cv2.setNumThreads(3)
    yield
    torch.set_num_threads(before[0])
    cv2.setNumThreads(before[1])


def test_the_last_user_restores_the_number() -> None:
    first, second = one_torch_thread(), one_torch_thread()
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    assert torch.get_num_threads() == 1
    second.__exit__(None, None, None)
    assert torch.get_num_threads() == 3


def test_two_lip_syncers_at_once(
    checkpoint: Path, still: Path, sound: Callable[[float], Path]
) -> None:
    settings = Settings(box=(10, 110, 30, 130))
    syncers = [LipSyncer.from_checkpoint(checkpoint, "cpu", settings) for _ in range(2)]
    (alone,) = ([f.image for f in syncers[0].frames(still, sound(0.4))],)
    runs = [syncer.frames(still, sound(0.4)) for syncer in syncers]
    together = [(first.image, second.image) for first, second in zip(*runs, strict=True)]
    for expected, images in zip(alone, together, strict=True):
        for image in images:
            np.testing.assert_array_equal(image, expected)
    started = torch.get_num_threads()  # of this thread, which never rendered
    assert (started, cv2.getNumThreads()) == (3, 3)
