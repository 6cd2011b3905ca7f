from dataclasses import replace

import numpy as np
import pytest
import torch
from networks import seeded
from torch.utils.data import DataLoader

from wav2lip.callbacks import SampleVideos
from wav2lip.callbacks.sample_videos import render_clip
from wav2lip.clips import ClipFile
from wav2lip.data.datamodule import load_clips
from wav2lip.data.datasets import LipDataset
from wav2lip.engines import TorchEngine
from wav2lip.faces.tracked_frame import TrackedFrame
from wav2lip.inference.renderer import FaceRenderer
from wav2lip.media.audio import load_wav
from wav2lip.media.colour import BT709
from wav2lip.media.mel_reader import MelReader
from wav2lip.media.pcm import from_pcm
from wav2lip.media.picture import Picture
from wav2lip.media.video import Frame, read_frames
from wav2lip.models import Generator

SIZE = 48


class Copier(Generator):
    """Returns the reference, darker by the mean of the mel."""

    def __init__(self) -> None:
        super().__init__(width=0.0625, image_size=SIZE)
        self.scale = torch.nn.Parameter(torch.tensor(0.0))

    def forward(self, mel, face):
        assert mel.shape[1:] == (1, 80, 16)
        assert (face[:, :3, SIZE // 2 :] == 0).all()
        return face[:, 3:] + self.scale * mel.mean()


def test_only_the_held_out_span_of_a_clip_is_shown(scripted, loaders, trainer, corpus, tmp_path):
    class Task(scripted):
        def __init__(self) -> None:
            super().__init__(validations=[{"val/l1": 0.0}])
            self.generator = Copier()
            self.hparams["mel_offset_frames"] = 0

    clip = load_clips([str(corpus)], "val")[0]
    pieces = [replace(clip, span=span) for span in ((10, 20), (20, 30))]
    val = DataLoader(LipDataset(pieces, image_size=SIZE), 2)
    trainer(6, SampleVideos(str(tmp_path), every=1, clips=2)).fit(Task(), loaders[0], val)
    stem = f"step-000006-{clip.path.stem}"
    assert {p.name for p in tmp_path.glob("*.mp4")} == {f"{stem}-10.mp4", f"{stem}-20.mp4"}
    shown = list(read_frames(tmp_path / f"{stem}-20.mp4"))
    assert len(shown) == 10
    real = ClipFile(clip.path).crops(np.array([20]))[0, 6:54, 6:54]
    assert np.abs(shown[0].image[:, SIZE:].astype(int) - real).mean() < 6


def test_generated_and_target_faces(corpus):
    file = ClipFile(load_clips([str(corpus)], "val")[0].path)
    generated, targets = render_clip(TorchEngine(Copier()), file, range(30), mel_offset_frames=-2)
    assert generated.shape == targets.shape == (30, SIZE, SIZE, 3)
    assert generated.dtype == np.uint8
    assert np.array_equal(generated, targets)


@pytest.mark.parametrize("warp", [True, False])
def test_a_sample_video_equals_inference_bit_for_bit(corpus, monkeypatch, warp):
    torch.manual_seed(0)
    network = seeded(Generator(width=0.0625, image_size=SIZE, warp=warp))
    file = ClipFile(load_clips([str(corpus)], "val")[0].path)
    generated, targets = render_clip(TorchEngine(network), file, range(20), mel_offset_frames=-2)

    sound = from_pcm(file.pcm())
    renderer = FaceRenderer(TorchEngine(network), offset=-2 / 25)
    # A video would change the crops; they are given as they are, the rest is what infer.py runs.
    monkeypatch.setattr(renderer, "_cut", lambda located, _: targets[located.frame.index])
    black = Picture.of(np.zeros((SIZE, SIZE, 3), np.uint8), BT709)
    frames = [
        TrackedFrame.of_boxes(Frame(black, i / 25, i), [np.zeros(4, np.float32)]) for i in range(20)
    ]
    mel = MelReader(lambda: [sound], mute_pauses=warp)
    rendered = [face for _, (face,) in renderer(iter(frames), mel)]
    assert np.array_equal(generated, np.stack(rendered))
    assert np.abs(generated.astype(int) - targets)[:, SIZE // 2 :].mean() > 1  # it does something


@pytest.mark.parametrize("every", [1, 2])
def test_videos_with_sound(scripted, loaders, trainer, corpus, tmp_path, every):
    class Task(scripted):
        def __init__(self) -> None:
            super().__init__(validations=[{"val/l1": 0.0}])
            self.generator = Copier()
            self.hparams["mel_offset_frames"] = 0

    val = DataLoader(LipDataset(load_clips([str(corpus)], "val"), image_size=SIZE), 3)
    videos = SampleVideos(str(tmp_path / "samples"), every=every, clips=2, seconds=1.0)
    trainer(6, videos).fit(Task(), loaders[0], val)
    made = sorted((tmp_path / "samples").glob("*.mp4"))
    assert len(made) == (2 if every == 1 else 0)
    for path in made:
        assert path.name.startswith("step-000006-")
        frames = list(read_frames(path))
        assert len(frames) == 25
        assert frames[0].image.shape == (SIZE, 2 * SIZE, 3)
        assert len(load_wav(path)) / 16000 == pytest.approx(1.0, abs=0.05)
