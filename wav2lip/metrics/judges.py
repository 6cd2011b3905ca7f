"""Who judges sync: one small interface over the published SyncNet v2 and an expert of our own.

Scores of two judges live on two scales; every score must carry its judge's `label`.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol, runtime_checkable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from wav2lip.metrics.mfcc import MFCC_RATE, STEP, WINDOW, mfcc
from wav2lip.types import FPS, WINDOW_FRAMES

MFCC_PER_FRAME = MFCC_RATE // FPS  # 4
MFCC_WINDOW = WINDOW_FRAMES * MFCC_PER_FRAME  # 20
JUDGE_SIZE = 224  # pixels, side of the published judge's pictures
EMPTY_CLIP = 1e-12  # norm below which an embedding counts as zero

SoundWindows = Callable[[NDArray[np.int16], int], NDArray[np.float32]]


@runtime_checkable
class Judge(Protocol):
    """Embeds the first `count` windows of a clip: sound and lips in one space."""

    label: str

    def embed(
        self, frames: NDArray[np.uint8], pcm: NDArray[np.int16], count: int
    ) -> tuple[Tensor, Tensor]:
        """Frames (T,S,S,3) BGR at 25 fps and pcm (N,) at 16 kHz -> sound (count,D), lips (count,D).

        Window w covers frames w…w+4 and the 200 ms of sound from w / 25 s. Float32 on the CPU.
        """
        ...


@contextmanager
def judging(network: nn.Module) -> Iterator[torch.device]:
    """Eval mode without gradients, then every module's own mode again; yields the device."""
    modes = [(module, module.training) for module in network.modules()]
    network.eval()
    first = next(network.parameters(), None)
    try:
        with torch.no_grad():
            yield first.device if first is not None else torch.device("cpu")
    finally:
        for module, training in modes:
            module.training = training


def frame_windows(frames: NDArray[np.uint8], start: int, stop: int) -> NDArray[np.uint8]:
    """Windows start…stop-1 of frames (T,H,W,3) -> (stop-start, 5, H, W, 3), a view."""
    part = frames[start : stop + WINDOW_FRAMES - 1]
    view = np.lib.stride_tricks.sliding_window_view(part, WINDOW_FRAMES, axis=0)
    return np.moveaxis(view, -1, 1)


def mfcc_windows(pcm: NDArray[np.int16], count: int) -> NDArray[np.float32]:
    """`count` windows of 20 MFCC steps, 4 steps apart -> (count, 1, 13, 20).

    One window more than published ends half a step after the sound does: zeros fill that step.
    """
    steps = (count - 1) * MFCC_PER_FRAME + MFCC_WINDOW
    missing = (steps - 1) * STEP + WINDOW - len(pcm)
    features = mfcc(np.pad(pcm, (0, max(0, missing))))
    view = np.lib.stride_tricks.sliding_window_view(features, MFCC_WINDOW, axis=0)
    return np.ascontiguousarray(view[::MFCC_PER_FRAME][:count, None], dtype=np.float32)


class SyncNetV2Judge:
    """The published judge: `network` has forward_audio (B,1,13,20) and forward_lip (B,3,5,224,224).

    Lips are the whole 224 px picture, BGR 0-255. Embeddings (count,1024), not normalised.
    """

    def __init__(self, network: nn.Module, label: str = "SyncNet v2", batch_size: int = 20) -> None:
        self.network = network
        self.label = label
        self.batch_size = batch_size

    def embed(
        self, frames: NDArray[np.uint8], pcm: NDArray[np.int16], count: int
    ) -> tuple[Tensor, Tensor]:
        """See `Judge.embed`; raises ValueError for pictures of another size."""
        if frames.shape[1:] != (JUDGE_SIZE, JUDGE_SIZE, 3):
            raise ValueError(f"SyncNet v2 sees (T,224,224,3) frames, not {frames.shape}")
        sounds = torch.from_numpy(mfcc_windows(pcm, count))
        audio, lips = [], []
        with judging(self.network) as device:
            for start in range(0, count, self.batch_size):
                stop = min(start + self.batch_size, count)
                sound = sounds[start:stop].to(device)
                clip = torch.from_numpy(frame_windows(frames, start, stop).copy()).to(device)
                audio.append(self._side("forward_audio")(sound).float().cpu())
                lips.append(
                    self._side("forward_lip")(clip.permute(0, 4, 1, 2, 3).float()).float().cpu()
                )
        return torch.cat(audio), torch.cat(lips)

    def _side(self, name: str) -> Callable[[Tensor], Tensor]:
        side: Callable[[Tensor], Tensor] = getattr(self.network, name)
        return side


class ExpertJudge:
    """An expert of our own as the judge: `network(mel (B,1,80,16), lips (B,15,S/2,S))`.

    Its two embeddings are L2-normalised here again, so that a distance lies in [0, 2].
    `sound_windows(pcm, count)` gives the (count, 80, 16) mel windows that start at w / 25 s: the
    caller owns the mel and its alignment. Frames are the face crops the expert was trained on.
    """

    def __init__(
        self,
        network: nn.Module,
        sound_windows: SoundWindows,
        label: str = "own expert (not comparable with published scores)",
        batch_size: int = 64,
    ) -> None:
        self.network = network
        self.sound_windows = sound_windows
        self.label = label
        self.batch_size = batch_size

    def embed(
        self, frames: NDArray[np.uint8], pcm: NDArray[np.int16], count: int
    ) -> tuple[Tensor, Tensor]:
        """See `Judge.embed`; raises ValueError when the sound windows are not (count, 80, 16)."""
        sounds = torch.from_numpy(np.asarray(self.sound_windows(pcm, count), np.float32))
        if sounds.shape != (count, 80, 16):
            raise ValueError(f"sound windows must be ({count},80,16), not {tuple(sounds.shape)}")
        lower = frames[:, frames.shape[1] // 2 :]
        audio, lips = [], []
        with judging(self.network) as device:
            for start in range(0, count, self.batch_size):
                stop = min(start + self.batch_size, count)
                windows = torch.from_numpy(frame_windows(lower, start, stop).copy()).to(device)
                # (B,5,H,W,3) -> (B,5,3,H,W) -> (B,15,H,W): frame-major, as the expert is trained
                faces = windows.permute(0, 1, 4, 2, 3).flatten(1, 2).float() / 255
                sound, face = self.network(sounds[start:stop, None].to(device), faces)
                audio.append(nn.functional.normalize(sound.float(), eps=EMPTY_CLIP).cpu())
                lips.append(nn.functional.normalize(face.float(), eps=EMPTY_CLIP).cpu())
        return torch.cat(audio), torch.cat(lips)
