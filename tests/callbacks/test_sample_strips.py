import cv2
import numpy as np
import torch
from pytorch_lightning.loggers import TensorBoardLogger
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from wav2lip.callbacks import SampleStrips
from wav2lip.callbacks.sample_strips import MARGIN, make_strip

SIZE = 48


def batch(samples=3):
    shape = (samples, 3, 5, SIZE, SIZE)
    target = torch.full(shape, 10, dtype=torch.uint8)
    target[:, :, 2] = 200  # the middle frame
    return {"target": target, "reference": torch.full(shape, 50, dtype=torch.uint8)}


def test_one_row_per_sample_and_one_column_per_kind():
    generated = torch.full((3, 3, 5, SIZE, SIZE), 0.5)
    image = make_strip(batch(), generated, samples=2)
    assert image.shape == (MARGIN + 2 * SIZE, 4 * SIZE, 3)
    row = image[MARGIN:]
    assert (row[:, :SIZE] == 50).all()
    masked = row[:SIZE, SIZE : 2 * SIZE]
    assert (masked[: SIZE // 2] == 200).all()
    assert (masked[SIZE // 2 :] == 0).all()
    assert (row[:, 2 * SIZE : 3 * SIZE] == 128).all()
    assert (row[:, 3 * SIZE :] == 200).all()
    assert (image[:MARGIN] < 128).any()  # the columns' names


def test_an_image_at_every_validation(scripted, loaders, trainer, tmp_path):
    class Task(scripted):
        def generate(self, batch):
            return torch.ones(len(batch["clip"]), 3, 5, SIZE, SIZE)

    train, val = loaders
    read = type(val.dataset).__getitem__
    sample = {name: value[0] for name, value in batch(1).items()}

    class Faces(type(val.dataset)):
        def __getitem__(self, index) -> dict:
            return {**read(self, index), **sample}

    val.dataset.__class__ = Faces
    strips = SampleStrips(str(tmp_path / "samples"), samples=2)
    logger = TensorBoardLogger(tmp_path, name="", version="tensorboard")
    trainer(12, strips, logger=logger).fit(Task(validations=[{"val/l1": 0.0}]), train, val)
    names = sorted(path.name for path in (tmp_path / "samples").iterdir())
    assert names == ["step-000006.png", "step-000012.png"]
    image = cv2.imread(str(tmp_path / "samples" / names[0]))
    assert np.array_equal(image[MARGIN:, 2 * SIZE : 3 * SIZE].max(), 255)
    events = EventAccumulator(str(tmp_path / "tensorboard")).Reload()
    assert [image.step for image in events.Images("samples")] == [6, 12]
