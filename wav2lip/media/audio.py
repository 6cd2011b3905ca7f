"""Read the sound of any media file, at any rate, streamed or as a whole."""

import os
from collections.abc import Iterator
from typing import Any

import numpy as np
from av.audio.resampler import AudioResampler
from numpy.typing import NDArray

from wav2lip.errors import InputError
from wav2lip.media.container import audio_stream, decode, open_media, start_time
from wav2lip.types import SAMPLE_RATE

MIN_GAP = 0.05  # seconds; smaller steps between timestamps are rounding
MAX_GAP = 60.0  # seconds; larger steps are a broken clock


def _resampled(
    container: Any, stream: Any, rate: int, layout: str | None
) -> Iterator[tuple[float | None, NDArray[np.float32]]]:
    """Decode and resample a stream.

    A new resampler starts where timestamps jump or the file changes its format.

    Yields:
        Time of the first sample in seconds of the file's clock, or None if the piece follows the
        last one without a gap; samples (C, N) float32 at `rate`.
    """
    resampler: Any = None
    known: tuple[str, str, int] | None = None
    expected: float | None = None
    for frame in decode(container, stream):
        time = None if frame.pts is None else float(frame.pts * frame.time_base)
        step = 0.0 if time is None or expected is None else time - expected
        now = (frame.format.name, frame.layout.name, frame.sample_rate)
        piece_time = None
        if resampler is None or MIN_GAP < step < MAX_GAP or now != known:
            for out in [] if resampler is None else resampler.resample(None):
                yield None, out.to_ndarray()
            resampler = AudioResampler(format="fltp", layout=layout, rate=rate)
            known, piece_time = now, time
        expected = expected if time is None else time
        if expected is not None:
            expected += frame.samples / frame.sample_rate
        for out in resampler.resample(frame):
            yield piece_time, out.to_ndarray()
            piece_time = None
    for out in [] if resampler is None else resampler.resample(None):
        yield None, out.to_ndarray()


def read_sound(
    path: str | os.PathLike[str], sample_rate: int, layout: str | None = None
) -> Iterator[NDArray[np.float32]]:
    """Stream the sound of a file.

    If the file has video, sample 0 belongs to the first video frame (the two tracks of a container
    often start apart); otherwise it is the first sample of the file. A late start and gaps between
    timestamps become silence.

    Args:
        path: any file with sound.
        sample_rate: Hz.
        layout: "mono" or "stereo" mixes the channels; None keeps those of the file.

    Yields:
        Consecutive samples (C, N) float32.

    Raises:
        InputError: The file is missing, a directory, not media, or has no sound track.
    """
    with open_media(path) as container:
        if audio_stream(container) is None:
            raise InputError(f"{path}: has no sound track; give a file with sound")
        zero = start_time(container)
    count = 0  # samples read so far; negative before time 0
    first = True
    with open_media(path) as container:
        stream = audio_stream(container)
        for time, samples in _resampled(container, stream, sample_rate, layout):
            if time is not None:
                gap = round((time - zero) * sample_rate) - count
                if first:
                    count = min(gap, 0)
                if gap > 0 and (first or gap > MIN_GAP * sample_rate):
                    yield np.zeros((samples.shape[0], gap), np.float32)
                    count += gap
            first = False
            skip = min(max(0, -count), samples.shape[1])
            count += samples.shape[1]
            if skip < samples.shape[1]:
                yield samples[:, skip:]


def read_mono(
    path: str | os.PathLike[str], sample_rate: int = SAMPLE_RATE
) -> Iterator[NDArray[np.float32]]:
    """Stream the sound of any media file as mono.

    Sample 0 belongs to the first video frame, or is the first sample of a file without video (see
    `read_sound`). Channels are averaged here: FFmpeg does not normalise its own mix of
    floating-point stereo.

    Args:
        path: any file with sound.
        sample_rate: Hz.

    Yields:
        Consecutive samples, each (N,) float32 in [-1, 1].

    Raises:
        InputError: The file is missing, a directory or not media, or its sound is missing, empty or
            not finite.
    """
    empty = True
    for piece in read_sound(path, sample_rate):
        wav = piece.mean(axis=0)
        if not np.isfinite(wav).all():
            raise InputError(f"{path}: the sound contains NaN or infinity; export it again")
        empty = empty and wav.size == 0
        yield wav.astype(np.float32, copy=False)
    if empty:
        raise InputError(f"{path}: no sound after the first video frame; give a file with sound")


def load_wav(path: str | os.PathLike[str], sample_rate: int = SAMPLE_RATE) -> NDArray[np.float32]:
    """Load the whole sound of any media file as mono.

    Args:
        path: any file with sound.
        sample_rate: Hz.

    Returns:
        (N,) float32 in [-1, 1]; sample 0 belongs to the first video frame, if there is video.

    Raises:
        InputError: See `read_mono`.
    """
    return np.concatenate(list(read_mono(path, sample_rate)))
