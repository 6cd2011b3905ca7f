"""Sound in: any file to 16 kHz mono, and that to the mel spectrogram of the published Wav2Lip."""

import os
from collections.abc import Iterator
from typing import Any

import numpy as np
from av.audio.resampler import AudioResampler
from numpy.typing import NDArray

from wav2lip.errors import InputError
from wav2lip.media.container import audio_stream, decode, open_media, start_time
from wav2lip.types import SAMPLE_RATE

MIN_GAP = 0.05  # seconds; a smaller step between timestamps is rounding
MAX_GAP = 60.0  # seconds; a larger one is a broken clock


def _resampled(
    container: Any, stream: Any, rate: int, layout: str | None
) -> Iterator[tuple[float | None, NDArray[np.float32]]]:
    """Pieces of (time in the file's clock or None to go on, samples (C, N) at `rate`).

    The resampler is renewed where timestamps jump or the file changes its format on the way.
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
    """Stream a file's sound as pieces (C, N) float32 at `sample_rate`, in its own channels.

    The first sample is the instant of the first video frame where the file has video (the two
    tracks of a container often start apart), else the first sample there is. A late start and
    gaps between timestamps are silence. `layout` ("mono", "stereo") mixes the channels.
    """
    with open_media(path) as container:
        if audio_stream(container) is None:
            raise InputError(f"{path}: has no sound track; give a file with sound")
        zero = start_time(container)
    count = 0  # samples given so far; negative while before the instant 0
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


def load_wav(path: str | os.PathLike[str], sample_rate: int = SAMPLE_RATE) -> NDArray[np.float32]:
    """The sound of any media file as mono float32 (N,) in [-1, 1] at `sample_rate`.

    Sample 0 is the instant of the first video frame, or of the first sample where there is no
    video (see `read_sound`). Channels are averaged here, for FFmpeg's own mix of floating-point
    stereo is not normalised.

    Raises `InputError`: missing file, directory, no sound track, no samples, NaN.
    """
    pieces = [piece.mean(axis=0) for piece in read_sound(path, sample_rate)]
    wav = np.concatenate(pieces) if pieces else np.zeros(0, np.float32)
    if wav.size == 0:
        raise InputError(f"{path}: no sound from the first picture on; give a file with sound")
    if not np.isfinite(wav).all():
        raise InputError(f"{path}: the sound holds NaN or infinity; export it again")
    return wav.astype(np.float32, copy=False)
