"""What a network reads of the sound of a clip: the mel that the file stores, and features of speech beneath it."""

from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from wav2lip.clips.clip_file import ClipFile
from wav2lip.clips.speech_cache import clip_speech
from wav2lip.types import N_MELS, SILENCE, Mel

OPEN_CLIPS = 4096  # clips whose features a process keeps; a minute takes 2.8 MB


@lru_cache(OPEN_CLIPS)
def _speech(path: Path) -> NDArray[np.float16]:
    """Features of speech of a clip, (288, M) in half precision."""
    return clip_speech(path, ClipFile(path).pcm())


def clip_window(file: ClipFile, column: int, columns: int, channels: int = N_MELS) -> Mel:
    """Return columns of a clip's sound; see `wav2lip.media.audio_features`.

    Args:
        file: the clip.
        column: the first one; may lie before the clip.
        columns: how many.
        channels: 80 for the mel, 368 with features of speech; see `wav2lip.clips.speech_cache`.

    Returns:
        (channels, columns); silence beyond either end.
    """
    window = np.full((channels, columns), SILENCE, np.float32)
    window[:N_MELS] = file.mel(column, columns)
    if channels > N_MELS:
        speech = _speech(file.path)
        first, last = max(column, 0), min(column + columns, speech.shape[1])
        if first < last:
            window[N_MELS:, first - column : last - column] = speech[:, first:last]
    return window


def clip_audio(file: ClipFile, channels: int = N_MELS) -> Mel:
    """Return all columns of a clip's sound, (channels, M); see `clip_window`."""
    return clip_window(file, 0, file.mel_columns, channels)
