"""Short videos with sound of validation clips: generated | target."""

import tempfile
import wave
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytorch_lightning as pl
import torch
from numpy.typing import NDArray
from pytorch_lightning.loggers import WandbLogger
from torch import Tensor, nn

from wav2lip.clips import ClipFile
from wav2lip.data.augment import NO_AUGMENT, FaceAugment
from wav2lip.media.alignment import mel_start
from wav2lip.media.writer import VideoWriter
from wav2lip.types import MEL_WINDOW, SAMPLE_RATE

BATCH = 25  # frames generated at once


def say(
    generator: nn.Module, file: ClipFile, frames: range, size: int, mel_offset_frames: int
) -> NDArray[np.uint8]:
    """Frames of a clip, drawn as inference draws them, beside the real ones.

    Returns (len(frames), size, 2 * size, 3) uint8, BGR. As in published inference each frame is its own reference.
    """
    device = next(generator.parameters()).device
    view = FaceAugment(NO_AUGMENT, size, file.pad, np.random.default_rng(0))
    faces = view(file.crops(np.asarray(frames)))
    columns = [mel_start((f + mel_offset_frames) / file.fps) for f in frames]
    mels = torch.from_numpy(np.stack([file.mel(c, MEL_WINDOW) for c in columns])[:, None])
    real = torch.from_numpy(faces.transpose(0, 3, 1, 2).copy()).float() / 255
    seen = real.clone()
    seen[:, :, size // 2 :] = 0
    inputs = torch.cat([seen, real], dim=1)
    drawn: list[Tensor] = [
        generator(mel.to(device), face.to(device)).float().cpu()
        for mel, face in zip(torch.split(mels, BATCH), torch.split(inputs, BATCH), strict=True)
    ]
    pictures = (torch.cat(drawn) * 255).round().byte().permute(0, 2, 3, 1).numpy()
    return np.concatenate([pictures, faces], axis=2)


def write_with_sound(
    path: Path, pictures: NDArray[np.uint8], fps: float, pcm: NDArray[np.int16]
) -> None:
    """A video of pictures (T, H, W, 3) BGR with 16 kHz mono sound (S,), as long as the pictures."""
    height, width = pictures.shape[1:3]
    seconds = len(pictures) / fps
    with tempfile.TemporaryDirectory() as folder:
        sound = Path(folder) / "sound.wav"
        with wave.open(str(sound), "wb") as file:
            file.setparams((1, 2, SAMPLE_RATE, 0, "NONE", ""))
            file.writeframes(pcm[: round(seconds * SAMPLE_RATE)].astype("<i2").tobytes())
        rate = Fraction(fps).limit_denominator(1001)
        with VideoWriter(path, width, height, rate, audio=sound, trim=True) as writer:
            for number, picture in enumerate(pictures):
                writer.write(picture, number / fps)


class SampleVideos(pl.Callback):
    """Writes `step-000150-NAME.mp4` into `folder`, and gives it to W&B where that logs.

    Of a clip of which only a part is validation (its span), that part is shown, and NAME ends in its first frame.

    Args:
        folder: made where it is missing.
        every: validations between two rounds of videos.
        clips: of the validation set, evenly spaced.
        seconds: of each, at most.
    """

    def __init__(self, folder: str, every: int = 10, clips: int = 2, seconds: float = 4.0) -> None:
        self.folder = Path(folder)
        self.every = every
        self.clips = clips
        self.seconds = seconds
        self._validations = 0

    def state_dict(self) -> dict[str, Any]:
        return {"validations": self._validations}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self._validations = state_dict["validations"]

    def on_validation_batch_end(
        self,
        trainer: pl.Trainer,
        pl_module: Any,
        outputs: Any,
        batch: Any,
        batch_idx: int,
        dataloader_idx: int = 0,
    ) -> None:
        # Within validation, because that is when an average of the weights is in place.
        if batch_idx or trainer.sanity_checking:
            return
        self._validations += 1
        if self._validations % self.every or not trainer.is_global_zero:
            return
        loader: Any = trainer.val_dataloaders
        dataset = loader.dataset
        step = max(1, len(dataset.clips) // self.clips)
        for clip in dataset.clips[::step][: self.clips]:
            file = ClipFile(clip.path)
            first, end = clip.span or (0, file.frames)
            frames = range(first, min(end, first + round(self.seconds * file.fps)))
            offset = pl_module.hparams["mel_offset_frames"]
            pictures = say(pl_module.generator, file, frames, dataset.image_size, offset)
            part = f"-{first}" if clip.span else ""
            name = f"step-{trainer.global_step:06}-{Path(clip.path).stem}{part}.mp4"
            sound = file.pcm()[round(first / file.fps * SAMPLE_RATE) :]
            write_with_sound(self.folder / name, pictures, file.fps, sound)
            for logger in trainer.loggers:
                if isinstance(logger, WandbLogger):
                    logger.log_video("talking", [str(self.folder / name)], format=["mp4"])
