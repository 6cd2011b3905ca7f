"""The features of speech of a clip, kept beside it: `speech/NAME.npz` next to `clips/NAME.safetensors`."""

import hashlib
import io
import zlib
from contextlib import suppress
from functools import cache
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from wav2lip.errors import OutputError
from wav2lip.media.pcm import from_pcm
from wav2lip.media.speech_encoder import CONVOLUTIONS, LAYERS
from wav2lip.media.speech_features import speech_features
from wav2lip.types import SPEECH_CHANNELS, Pcm
from wav2lip.utils.files import sha256_of, write_atomically

CLIPS, FOLDER = "clips", "speech"

Features = NDArray[np.float16]  # (288, M)


@cache
def _networks() -> bytes:
    """Return what tells the networks of this package from those of another version."""
    return (sha256_of(CONVOLUTIONS) + sha256_of(LAYERS)).encode()


def _kept(path: Path, key: str) -> Features | None:
    """Read the features that an earlier run has kept; None if there are none of this sound and this network."""
    try:
        with np.load(path, allow_pickle=False) as file:
            if str(file["key"]) != key:
                return None
            features: Features = file["features"]
    except (OSError, EOFError, ValueError, KeyError, BadZipFile, zlib.error):
        return None
    fits = features.dtype == np.float16 and features.shape[:1] == (SPEECH_CHANNELS,)
    return features if fits and features.ndim == 2 and np.isfinite(features).all() else None


def clip_speech(path: Path, pcm: Pcm) -> Features:
    """Return the features of speech of a clip in half precision.

    They take a twelfth of the clip's duration on one core to compute. They are kept if the clip lies in the folder of
    a manifest and that folder can be written to.

    Args:
        path: the clip file.
        pcm: (N,) its sound.
    """
    key = hashlib.sha256(_networks() + pcm.tobytes()).hexdigest()
    file = path.parent.parent / FOLDER / f"{path.stem}.npz"
    kept = _kept(file, key)
    if kept is not None:
        return kept
    features: Features = speech_features(from_pcm(pcm)).astype(np.float16)
    if path.parent.name == CLIPS:
        data = io.BytesIO()
        np.savez(data, key=key, features=features)
        # A folder that cannot be written to, or a full disk: the next run computes them again.
        with suppress(OutputError):
            write_atomically(file, data.getvalue())
    return features
