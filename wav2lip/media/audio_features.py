"""What a network reads of a sound: the mel, and beneath it, if the network asks for them, features of speech.

Channels 0 to 79 are the mel (`wav2lip.media.mel`), 80 to 367 the features of `wav2lip.media.speech_features`, a column
each 1/80 s. Silence is -4 in every channel, so that one rule pads, mutes and cuts both.
"""

from collections.abc import Iterable, Iterator
from itertools import tee
from typing import Protocol

import numpy as np

from wav2lip.media.mel import BLOCK, mel_blocks
from wav2lip.media.mel_stream import MelStream
from wav2lip.media.speech_features import SpeechStream
from wav2lip.types import AUDIO_CHANNELS, N_MELS, Mel, Wav

SPEECH_BLOCK = 64  # columns that `feature_blocks` yields at a time if features of speech are among them, 0.8 s of sound


class AudioStream(Protocol):
    """Columns of a sound that arrives in pieces; see `MelStream`."""

    @property
    def columns(self) -> int: ...
    def samples(self, columns: int) -> int: ...
    def push(self, wav: Wav) -> None: ...
    def finish(self) -> None: ...
    def read(self, start: int, stop: int) -> Mel: ...
    def discard(self, before: int) -> None: ...


class MelSpeechStream:
    """Compute mel columns with their features of speech, (368, M); see `MelStream`."""

    def __init__(self) -> None:
        self._streams = MelStream(), SpeechStream()

    @property
    def columns(self) -> int:
        """Number of columns that can be read."""
        return min(stream.columns for stream in self._streams)

    def samples(self, columns: int) -> int:
        """Return how many samples the first columns depend on."""
        return max(stream.samples(columns) for stream in self._streams)

    def push(self, wav: Wav) -> None:
        """Continue with samples (N,) at 16 kHz."""
        for stream in self._streams:
            stream.push(wav)

    def finish(self) -> None:
        """End the sound."""
        for stream in self._streams:
            stream.finish()

    def read(self, start: int, stop: int) -> Mel:
        """Return columns [start, stop) as (368, stop - start); see `MelStream.read`."""
        return np.concatenate([stream.read(start, stop) for stream in self._streams])

    def discard(self, before: int) -> None:
        """Forget the columns before a number."""
        for stream in self._streams:
            stream.discard(before)


def open_stream(channels: int) -> AudioStream:
    """Return a stream of columns of 80 channels (mel) or 368 (mel and features of speech).

    Raises:
        ValueError: another number of channels.
    """
    if channels not in AUDIO_CHANNELS:
        raise ValueError(f"channels must be one of {AUDIO_CHANNELS}, not {channels}")
    return MelStream() if channels == N_MELS else MelSpeechStream()


def block_columns(channels: int) -> int:
    """Return how many columns `feature_blocks` yields at a time.

    Features of speech take 50 times as long as a mel. Smaller blocks show the first frame of a video sooner.
    """
    return BLOCK if channels == N_MELS else SPEECH_BLOCK


def _speech_blocks(pieces: Iterable[Wav]) -> Iterator[Mel]:
    """Compute the features of a sound in blocks (288, 64), the last one narrower."""
    stream, done = SpeechStream(), 0
    for piece in pieces:
        stream.push(np.asarray(piece, np.float32))
        while stream.columns >= done + SPEECH_BLOCK:
            yield stream.read(done, done + SPEECH_BLOCK)
            done += SPEECH_BLOCK
            stream.discard(done)
    stream.finish()
    while done < stream.columns:
        yield stream.read(done, min(done + SPEECH_BLOCK, stream.columns))
        done += SPEECH_BLOCK


def _divided(blocks: Iterable[Mel]) -> Iterator[Mel]:
    """Divide blocks of a mel (80, 512) into blocks (80, 64)."""
    for block in blocks:
        for at in range(0, block.shape[1], SPEECH_BLOCK):
            yield block[:, at : at + SPEECH_BLOCK]


def feature_blocks(pieces: Iterable[Wav], channels: int = N_MELS) -> Iterator[Mel]:
    """Compute the columns of a sound that arrives in pieces.

    Args:
        pieces: consecutive samples, each (N,) float mono at 16 kHz, of any length.
        channels: 80 for the mel, 368 with features of speech.

    Yields:
        Blocks (channels, `block_columns(channels)`) in order; the last one may be narrower.
    """
    if channels == N_MELS:
        yield from mel_blocks(pieces)
        return
    one, other = tee(pieces)
    for blocks in zip(_divided(mel_blocks(one)), _speech_blocks(other), strict=True):
        yield np.concatenate(blocks)


def audio_features(wav: Wav, channels: int = N_MELS) -> Mel:
    """Compute the columns of a whole sound.

    Args:
        wav: (N,) float mono at 16 kHz.
        channels: 80 for the mel, 368 with features of speech.

    Returns:
        (channels, 1 + N // 200) float32.

    Examples:
        >>> import numpy as np
        >>> audio_features(np.zeros(16_000, np.float32), 368).shape
        (368, 81)
    """
    return np.concatenate(list(feature_blocks([wav], channels)), axis=1)
