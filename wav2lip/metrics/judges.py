"""Judges of sync: one interface over the published SyncNet v2 and our own sync experts.

Their scores have different scales; every score must carry the `label` of its judge.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from wav2lip.metrics.mfcc import MFCC_RATE, STEP, WINDOW, mfcc
from wav2lip.types import FPS, N_MELS, WINDOW_FRAMES, Image, Pcm, mel_window

MFCC_PER_FRAME = MFCC_RATE // FPS  # 4
MFCC_WINDOW = WINDOW_FRAMES * MFCC_PER_FRAME  # 20
JUDGE_SIZE = 224  # px, side of the published judge's pictures

if TYPE_CHECKING:
    from torch import nn

Embeddings = NDArray[np.float32]  # (n, D)
MelWindows = Callable[[Pcm, int], NDArray[np.float32]]  # (N,), count -> (count, 80, 16)


@runtime_checkable
class Judge(Protocol):
    """Embeds the first `count` windows of a clip: sound and lips in one space.

    Attributes:
        label: name of the judge, which every score must carry.
    """

    label: str

    def embed(self, frames: Image, pcm: Pcm, count: int) -> tuple[Embeddings, Embeddings]:
        """Embed both sides of a clip.

        Args:
            frames: (T,S,S,3) BGR at 25 fps.
            pcm: (N,) at 16 kHz.
            count: number of windows. Window w covers frames w to w+4 and the 200 ms of sound from w / 25 s.

        Returns:
            Sound (count,D) and lips (count,D).
        """
        ...


class SyncEncoder(ABC):
    """The network of a judge, as a function of arrays."""

    @abstractmethod
    def __call__(
        self, sounds: NDArray[np.float32], frames: Image
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Embed B windows.

        Args:
            sounds: (B,80,16) mel windows of an expert, or (B,1,13,20) MFCC windows of SyncNet v2.
            frames: (B,5,H,W,3) BGR: lower halves for an expert, whole pictures for SyncNet v2.

        Returns:
            Sound (B,D) and lips (B,D).
        """


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


def _embed_in_batches(
    encoder: SyncEncoder, sounds: NDArray[np.float32], frames: Image, window: int, batch: int
) -> tuple[Embeddings, Embeddings]:
    """Embed sounds (count, ...) and windows of `window` frames, some windows at a time."""
    audio, lips = [], []
    for start in range(0, len(sounds), batch):
        stop = min(start + batch, len(sounds))
        clip = frame_windows(frames, start, stop, window).copy()
        sound, face = encoder(sounds[start:stop], clip)
        audio.append(sound)
        lips.append(face)
    return np.concatenate(audio), np.concatenate(lips)


class SyncNetV2Judge:
    """The published judge. Embeddings (count,1024), not normalised; lips are the whole 224 px picture.

    Args:
        network: has forward_audio (B,1,13,20) and forward_lip (B,3,5,224,224) BGR 0-255; or an encoder.
        label: see `Judge`.
        batch_size: windows at a time.
    """

    def __init__(
        self,
        network: "nn.Module | SyncEncoder",
        label: str = "SyncNet v2",
        batch_size: int = 20,
    ) -> None:
        self.label = label
        self.batch_size = batch_size
        if not isinstance(network, SyncEncoder):
            from wav2lip.metrics.torch_encoders import TorchSyncNetV2

            network = TorchSyncNetV2(network)
        self.encoder = network

    def embed(self, frames: Image, pcm: Pcm, count: int) -> tuple[Embeddings, Embeddings]:
        """See `Judge.embed`.

        Raises:
            ValueError: pictures of another size.
        """
        if frames.shape[1:] != (JUDGE_SIZE, JUDGE_SIZE, 3):
            raise ValueError(f"SyncNet v2 takes (T,224,224,3) frames, not {frames.shape}")
        sounds = mfcc_windows(pcm, count)
        return _embed_in_batches(self.encoder, sounds, frames, WINDOW_FRAMES, self.batch_size)


class ExpertJudge:
    """One of our sync experts as the judge. Embeddings are L2-normalised, so that distances lie in [0, 2].

    Frames are face crops like those that the expert was trained on. The shapes are those of an expert of five frames;
    of another one, windows cover `network.window` frames and as much sound.

    Args:
        network: takes mel (B,1,80,16) and lips (B,15,S/2,S); or an encoder of five frames.
        mel_windows: (pcm, count) -> (count,80,16) mel windows that start at w / 25 s.
        label: see `Judge`.
        batch_size: windows at a time.

    Attributes:
        window: frames that a window covers.
    """

    def __init__(
        self,
        network: "nn.Module | SyncEncoder",
        mel_windows: MelWindows,
        label: str = "own expert (not comparable with published scores)",
        batch_size: int = 64,
    ) -> None:
        self.mel_windows = mel_windows
        self.window = int(getattr(network, "window", WINDOW_FRAMES))
        self.label = label
        self.batch_size = batch_size
        if not isinstance(network, SyncEncoder):
            from wav2lip.metrics.torch_encoders import TorchExpert

            network = TorchExpert(network)
        self.encoder = network

    def embed(self, frames: Image, pcm: Pcm, count: int) -> tuple[Embeddings, Embeddings]:
        """See `Judge.embed`.

        Raises:
            ValueError: the mel windows are not (count, 80, 16), or as wide as the expert's windows.
        """
        sounds = np.asarray(self.mel_windows(pcm, count), np.float32)
        columns = mel_window(self.window)
        if sounds.shape != (count, N_MELS, columns):
            raise ValueError(
                f"mel windows must be ({count},{N_MELS},{columns}), not {sounds.shape}"
            )
        lower = frames[:, frames.shape[1] // 2 :]
        return _embed_in_batches(self.encoder, sounds, lower, self.window, self.batch_size)
