"""Embeddings of the sync expert of geometry: those of a clip, and those of any series."""

import numpy as np
import torch
from numpy.typing import NDArray

from wav2lip.clips import ClipFile, clip_audio
from wav2lip.faces.mesh_series import (
    MotionSeries,
    read_columns,
    read_motion_series,
    sound_columns,
)
from wav2lip.models import MeshSyncNet
from wav2lip.types import FPS, MEL_RATE, Mel

MIN_SEEN = 0.5  # share of the frames with landmarks; with fewer a clip is not embedded

Embeddings = NDArray[np.float32]  # (W, D)


def clip_series(file: ClipFile, network: MeshSyncNet) -> MotionSeries:
    """Read the lip motion of a clip as the network expects it; see `read_motion_series`."""
    return read_motion_series(file, network.vertices.cpu().numpy(), network.basis.cpu().numpy())


def embed_series(
    network: MeshSyncNet, audio: Mel, series: MotionSeries
) -> tuple[Embeddings, Embeddings] | None:
    """Embed a sound and lip motion that begin together.

    Args:
        network: in eval mode.
        audio: (C, M), see `wav2lip.media.audio_features`.
        series: T frames at 25 fps.

    Returns:
        Sound and motion of the windows that have both, (W, D) each; None if there is not one window, or too few
        frames have landmarks.
    """
    count = min(len(series.seen), audio.shape[1] * FPS // MEL_RATE)
    if count < network.window or series.seen[:count].mean() < MIN_SEEN:
        return None
    sound = read_columns(audio, sound_columns(np.arange(count)))
    device = network.basis.device
    with torch.inference_mode():
        embedded = network(
            torch.from_numpy(sound)[None].to(device),
            torch.from_numpy(series.motion[:count])[None].to(device),
        )
    first, second = (vectors[0].cpu().numpy() for vectors in embedded)
    return first, second


def embed_clip(file: ClipFile, network: MeshSyncNet) -> tuple[Embeddings, Embeddings] | None:
    """Embed the sound and the lip motion of a clip; see `embed_series`.

    Raises:
        InputError: the clip file has no landmarks.
    """
    return embed_series(network, clip_audio(file, network.channels), clip_series(file, network))
