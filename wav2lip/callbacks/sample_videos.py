"""Write short videos with sound of validation clips during training: generated | target."""

from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytorch_lightning as pl
from pytorch_lightning.loggers import WandbLogger

from wav2lip.clips import ClipFile
from wav2lip.data.augment import NO_AUGMENT
from wav2lip.data.face_augment import FaceAugment
from wav2lip.engines import Engine, TorchEngine
from wav2lip.media.mel_reader import MelReader
from wav2lip.media.pcm import from_pcm, temporary_wav
from wav2lip.media.writer import VideoWriter
from wav2lip.types import SAMPLE_RATE, Image, Pcm


def render_clip(
    engine: Engine, file: ClipFile, frames: range, mel_offset_frames: int
) -> tuple[Image, Image]:
    """Render frames of a clip exactly as inference does with its default settings.

    Args:
        engine: the generator, ready to run.
        file: the clip.
        frames: numbers of the frames to render.
        mel_offset_frames: frames from a frame to the start of its mel window.

    Returns:
        Generated and target faces, each (len(frames), S, S, 3) uint8 BGR.
    """
    view = FaceAugment(NO_AUGMENT, engine.image_size, file.pad, np.random.default_rng(0))
    targets = view(file.crops(np.asarray(frames)))
    sound = from_pcm(file.pcm())
    mel = MelReader(lambda: [sound], mute_pauses=engine.warps)
    times = (np.asarray(frames) + mel_offset_frames) / file.fps
    generated: list[Image] = []
    for first in range(0, len(frames), engine.max_batch):
        part = slice(first, first + engine.max_batch)
        generated += engine.render(list(targets[part]), mel.windows(times[part]))
    return np.stack(generated), targets


def write_with_audio(path: Path, images: Image, fps: float, pcm: Pcm) -> None:
    """Write images (T, H, W, 3) BGR and 16 kHz mono sound (S,) as a video, as long as the images."""
    height, width = images.shape[1:3]
    seconds = len(images) / fps
    with temporary_wav(pcm[: round(seconds * SAMPLE_RATE)]) as sound:
        rate = Fraction(fps).limit_denominator(1001)
        with VideoWriter(path, width, height, rate, audio=sound, trim=True) as writer:
            for number, image in enumerate(images):
                writer.write(image, number / fps)


class SampleVideos(pl.Callback):
    """Write `step-000150-NAME.mp4` into a folder, and log it to W&B if that is used.

    The videos show what inference makes from the current weights (their average if there is one). If only a span
    of a clip belongs to the validation set, that span is shown, and NAME ends in its first frame.

    Args:
        folder: created if missing.
        every: validations from one round of videos to the next.
        clips: number of clips, evenly spaced in the validation set.
        seconds: longest duration of a video.
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
        # During validation, because the averaged weights are in place only then.
        if batch_idx or trainer.sanity_checking or not trainer.global_step:
            return
        self._validations += 1
        if self._validations % self.every or not trainer.is_global_zero:
            return
        loader: Any = trainer.val_dataloaders
        dataset = loader.dataset
        engine = TorchEngine(pl_module.generator, pl_module.device)
        step = max(1, len(dataset.clips) // self.clips)
        for clip in dataset.clips[::step][: self.clips]:
            file = ClipFile(clip.path)
            first, end = clip.span or (0, file.frames)
            frames = range(first, min(end, first + round(self.seconds * file.fps)))
            offset = pl_module.hparams["mel_offset_frames"]
            images = np.concatenate(render_clip(engine, file, frames, offset), axis=2)
            part = f"-{first}" if clip.span else ""
            name = f"step-{trainer.global_step:06}-{Path(clip.path).stem}{part}.mp4"
            sound = file.pcm()[round(first / file.fps * SAMPLE_RATE) :]
            write_with_audio(self.folder / name, images, file.fps, sound)
            for logger in trainer.loggers:
                if isinstance(logger, WandbLogger):
                    logger.log_video("samples", [str(self.folder / name)], format=["mp4"])
