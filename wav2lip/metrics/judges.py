"""Judges of sync: one interface over the published SyncNet v2 and our own sync experts.

Their scores have different scales; every score must carry the `label` of its judge.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol, runtime_checkable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from wav2lip.metrics.mfcc import MFCC_RATE, STEP, WINDOW, mfcc
from wav2lip.types import FPS, N_MELS, WINDOW_FRAMES, Image, Pcm, mel_window

MFCC_PER_FRAME = MFCC_RATE // FPS  # 4
MFCC_WINDOW = WINDOW_FRAMES * MFCC_PER_FRAME  # 20
JUDGE_SIZE = 224  # px, side of the published judge's pictures
MIN_NORM = 1e-12  # norm below which an embedding counts as zero

MelWindows = Callable[[Pcm, int], NDArray[np.float32]]  # (N,), count -> (count, 80, 16)


@runtime_checkable
class Judge(Protocol):
    """Embeds the first `count` windows of a clip: sound and lips in one space.

    Attributes:
        label: name of the judge, which every score must carry.
    """

    label: str

    def embed(self, frames: Image, pcm: Pcm, count: int) -> tuple[Tensor, Tensor]:
        """Embed both sides of a clip.

        Args:
            frames: (T,S,S,3) BGR at 25 fps.
            pcm: (N,) at 16 kHz.
            count: number of windows. Window w covers frames w to w+4 and the 200 ms of sound from w / 25 s.

        Returns:
            Sound (count,D) and lips (count,D), float32 on the CPU.
        """
        ...


@contextmanager
def judging(network: nn.Module) -> Iterator[torch.device]:
    """Put a network in eval mode without gradients, and restore the mode of every module afterwards.

    Yields:
        The device of the network.
    """
    modes = [(module, module.training) for module in network.modules()]
    network.eval()
    first = next(network.parameters(), None)
    try:
        with torch.no_grad():
            yield first.device if first is not None else torch.device("cpu")
    finally:
        for module, training in modes:
            module.training = training


def frame_windows(frames: Image, start: int, stop: int, window: int = WINDOW_FRAMES) -> Image:
    """Windows `start` to `stop` - 1 of frames (T,H,W,3) -> (stop-start, window, H, W, 3), as a view."""
    part = frames[start : stop + window - 1]
    view = np.lib.stride_tricks.sliding_window_view(part, window, axis=0)
    return np.moveaxis(view, -1, 1)


def mfcc_windows(pcm: Pcm, count: int) -> NDArray[np.float32]:
    """Cut `count` windows of 20 MFCC steps, 4 steps apart -> (count, 1, 13, 20).

    The last window may end half a step after the sound (N,); zeros fill that step.
    """
    steps = (count - 1) * MFCC_PER_FRAME + MFCC_WINDOW
    missing = (steps - 1) * STEP + WINDOW - len(pcm)
    features = mfcc(np.pad(pcm, (0, max(0, missing))))
    view = np.lib.stride_tricks.sliding_window_view(features, MFCC_WINDOW, axis=0)
    return np.ascontiguousarray(view[::MFCC_PER_FRAME][:count, None], dtype=np.float32)


class SyncNetV2Judge:
    """The published judge. Embeddings (count,1024), not normalised; lips are the whole 224 px picture.

    Args:
        network: has forward_audio (B,1,13,20) and forward_lip (B,3,5,224,224) BGR 0-255.
        label: see `Judge`.
        batch_size: windows at a time.
    """

    def __init__(self, network: nn.Module, label: str = "SyncNet v2", batch_size: int = 20) -> None:
        self.network = network
        self.label = label
        self.batch_size = batch_size

    def embed(self, frames: Image, pcm: Pcm, count: int) -> tuple[Tensor, Tensor]:
        """See `Judge.embed`.

        Raises:
            ValueError: pictures of another size.
        """
        if frames.shape[1:] != (JUDGE_SIZE, JUDGE_SIZE, 3):
            raise ValueError(f"SyncNet v2 takes (T,224,224,3) frames, not {frames.shape}")
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
    """One of our sync experts as the judge. Embeddings are L2-normalised, so that distances lie in [0, 2].

    Frames are face crops like those that the expert was trained on. The shapes are those of an expert of five frames;
    of another one, windows cover `network.window` frames and as much sound.

    Args:
        network: takes mel (B,1,80,16) and lips (B,15,S/2,S).
        mel_windows: (pcm, count) -> (count,80,16) mel windows that start at w / 25 s.
        label: see `Judge`.
        batch_size: windows at a time.

    Attributes:
        window: frames that a window covers.
    """

    def __init__(
        self,
        network: nn.Module,
        mel_windows: MelWindows,
        label: str = "own expert (not comparable with published scores)",
        batch_size: int = 64,
    ) -> None:
        self.network = network
        self.mel_windows = mel_windows
        self.window = int(getattr(network, "window", WINDOW_FRAMES))
        self.label = label
        self.batch_size = batch_size

    def embed(self, frames: Image, pcm: Pcm, count: int) -> tuple[Tensor, Tensor]:
        """See `Judge.embed`.

        Raises:
            ValueError: the mel windows are not (count, 80, 16), or as wide as the expert's windows.
        """
        sounds = torch.from_numpy(np.asarray(self.mel_windows(pcm, count), np.float32))
        columns = mel_window(self.window)
        if sounds.shape != (count, N_MELS, columns):
            found = tuple(sounds.shape)
            raise ValueError(f"mel windows must be ({count},{N_MELS},{columns}), not {found}")
        lower = frames[:, frames.shape[1] // 2 :]
        audio, lips = [], []
        with judging(self.network) as device:
            for start in range(0, count, self.batch_size):
                stop = min(start + self.batch_size, count)
                windows = torch.from_numpy(
                    frame_windows(lower, start, stop, self.window).copy()
                ).to(device)
                # (B,T,H,W,3) -> (B,T,3,H,W) -> (B,3*T,H,W): frame-major, as the expert is trained
                faces = windows.permute(0, 1, 4, 2, 3).flatten(1, 2).float() / 255
                sound, face = self.network(sounds[start:stop, None].to(device), faces)
                audio.append(nn.functional.normalize(sound.float(), eps=MIN_NORM).cpu())
                lips.append(nn.functional.normalize(face.float(), eps=MIN_NORM).cpu())
        return torch.cat(audio), torch.cat(lips)
