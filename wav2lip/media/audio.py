"""Read the sound of any media file, at any rate, streamed or as a whole."""

import logging
import os
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from av.audio.resampler import AudioResampler
from numpy.typing import NDArray

from wav2lip.errors import InputError
from wav2lip.media.container import (
    audio_stream,
    decode,
    open_media,
    start_time,
    stated_duration,
)
from wav2lip.media.rules import (
    CANCELLED,
    LOOKAHEAD,
    MAX_CHANNELS,
    MAX_LEVEL,
    MAX_LOST,
    MAX_OVERLAP,
    MAX_RATE,
    MIN_GAP,
    MIN_RATE,
    MISSING,
)
from wav2lip.media.timeline import TrackClock
from wav2lip.types import SAMPLE_RATE

log = logging.getLogger(__name__)


@dataclass
class _Piece:
    """Decoded sound.

    Attributes:
        frame: an `av` frame.
        offset: its time less the length of all frames before it, in seconds; None if it has no time.
        position: length of all frames before it, in seconds.
    """

    frame: Any
    offset: float | None
    position: float


@dataclass
class _Losses:
    """What is missing of a sound.

    Attributes:
        gaps: number of gaps in its timestamps.
        seconds: their length.
        read: seconds of sound that were decoded.
        jumped: whether jumps of the clock were closed, so that the header's duration is wrong.
        problems: lines on damage.
    """

    gaps: int = 0
    seconds: float = 0.0
    read: float = 0.0
    jumped: bool = False
    problems: list[str] = field(default_factory=list)


def _pieces(
    path: Path, container: Any, stream: Any, zero: float, losses: _Losses
) -> Iterator[_Piece]:
    """Decode a stream."""
    clock = TrackClock(path, zero)
    position = 0.0
    for frame in decode(container, stream, losses.problems):
        if not MIN_RATE <= frame.sample_rate <= MAX_RATE or frame.layout.nb_channels > MAX_CHANNELS:
            raise InputError(
                f"{path}: its sound has {frame.layout.nb_channels} channels at {frame.sample_rate} Hz, "
                f"at most {MAX_CHANNELS} at {MIN_RATE}-{MAX_RATE} are read; convert it to mono or stereo at 48000 Hz"
            )
        time = None if frame.pts is None else clock(float(frame.pts * frame.time_base))
        yield _Piece(frame, None if time is None else time - position, position)
        position += frame.samples / frame.sample_rate
        losses.read = position
    losses.problems += clock.jumps
    losses.jumped = bool(clock.jumps)


def _placed(pieces: Iterator[_Piece]) -> Iterator[tuple[Any, float | None]]:
    """Yield each frame with its time if it does not follow the frame before it, else with None.

    Small steps add up. A step counts if the next few frames confirm it.
    """
    waiting: deque[_Piece] = deque()
    level: float | None = None  # time less length, of what was yielded
    ended = False
    while True:
        while not ended and len(waiting) <= LOOKAHEAD:
            piece = next(pieces, None)
            if piece is None:
                ended = True
            else:
                waiting.append(piece)
        if not waiting:
            return
        offsets = [p.offset for p in waiting if p.offset is not None]
        piece = waiting.popleft()
        time = None
        if level is None:
            level = piece.offset
            time = None if level is None else piece.position + level
        elif offsets and (min(offsets) - level > MIN_GAP or max(offsets) - level < -MAX_OVERLAP):
            level = min(offsets) if min(offsets) > level else max(offsets)
            time = piece.position + level
        yield piece.frame, time


def _samples(frame: Any) -> NDArray[np.float32]:
    """Samples (C, N) of an interleaved frame. PyAV reads beyond memory at 8 planes."""
    return np.ascontiguousarray(frame.to_ndarray().reshape(-1, frame.layout.nb_channels).T)


def _resampled(
    frames: Iterator[tuple[Any, float | None]], rate: int, layout: str | None
) -> Iterator[tuple[float | None, NDArray[np.float32]]]:
    """Resample frames. A new resampler starts at a gap, an overlap and a change of the format.

    Yields:
        Time of the first sample in seconds of the file's clock, or None if the piece follows the
        last one; samples (C, N) float32 at `rate`.
    """
    resampler: Any = None
    known: tuple[str, str, int] | None = None
    for frame, time in frames:
        now = (frame.format.name, frame.layout.name, frame.sample_rate)
        if resampler is None or time is not None or now != known:
            for out in [] if resampler is None else resampler.resample(None):
                yield None, _samples(out)
            resampler = AudioResampler(format="flt", layout=layout, rate=rate)
            known = now
        for out in resampler.resample(frame):
            yield time, _samples(out)
            time = None
    for out in [] if resampler is None else resampler.resample(None):
        yield None, _samples(out)


def _silence(channels: int, samples: int, rate: int) -> Iterator[NDArray[np.float32]]:
    """Yield `samples` zeros in blocks of at most a second."""
    for start in range(0, samples, rate):
        yield np.zeros((channels, min(rate, samples - start)), np.float32)


def read_sound(
    path: str | os.PathLike[str],
    sample_rate: int,
    layout: str | None = None,
    problems: list[str] | None = None,
) -> Iterator[NDArray[np.float32]]:
    """Stream the sound of a file.

    If the file has video, sample 0 belongs to the first video frame (the two tracks of a container
    often start apart); otherwise it is the first sample of the file. Every sample is at its own time:
    a late start and gaps between timestamps become silence, however small each is, and sound that
    overlaps the sound before it is cut. Jumps of the clock are closed (see `wav2lip.media.timeline`).

    Args:
        path: any file with sound.
        sample_rate: Hz.
        layout: "mono" or "stereo" mixes the channels; None keeps those of the file.
        problems: receives one line per kind of damage.

    Yields:
        Consecutive samples (C, N) float32.

    Raises:
        InputError: The file is missing, a directory, not media, has no sound track, or most of its
            sound is missing.
    """
    path = Path(path)
    with open_media(path) as container:
        if audio_stream(container) is None:
            raise InputError(f"{path}: has no sound track; give a file with sound")
        zero = start_time(container)
    count = 0  # samples read so far; negative before time 0
    first = True
    drop = 0  # samples that overlap
    losses = _Losses()
    with open_media(path) as container:
        stream = audio_stream(container)
        frames = _placed(_pieces(path, container, stream, zero, losses))
        for time, samples in _resampled(frames, sample_rate, layout):
            if time is not None:
                gap = round((time - zero) * sample_rate) - count
                if first:
                    count = min(gap, 0)
                elif gap > 0:
                    losses.gaps, losses.seconds = (
                        losses.gaps + 1,
                        losses.seconds + gap / sample_rate,
                    )
                if gap > 0:
                    yield from _silence(samples.shape[0], gap, sample_rate)
                    count += gap
                drop = 0 if first else max(0, -gap)
            first = False
            cut = min(drop, samples.shape[1])
            drop -= cut
            samples = samples[:, cut:]
            skip = min(max(0, -count), samples.shape[1])
            count += samples.shape[1]
            if skip < samples.shape[1]:
                yield samples[:, skip:]
        stated = stated_duration(container, stream)
    found = _remarks(path, losses, None if losses.jumped else stated)
    if problems is not None:
        problems += [line for line in found if line not in problems]


def _remarks(path: Path, losses: _Losses, stated: float | None) -> list[str]:
    """Lines on what is missing of a sound of `stated` seconds.

    Raises:
        InputError: Most of it is missing.
    """
    lines = list(losses.problems)
    lost = (
        losses.seconds if lines and not losses.jumped else 0.0
    )  # gaps in a file without damage are pauses
    if losses.gaps:
        lines.append(
            f"{losses.seconds:.2f} s of the sound are missing in {losses.gaps} places: they are silent"
        )
    end = losses.read + losses.seconds
    if stated is not None and stated - end > MISSING:
        lines.append(f"the sound ends at {end:.2f} s, its header says {stated:.2f} s")
        lost += stated - end
    whole = max(end, stated or 0.0)
    if lost > MAX_LOST * whole:
        raise InputError(
            f"{path}: {lost:.2f} s of its {whole:.2f} s of sound are missing or damaged; "
            "give the whole file"
        )
    return lines


def _mix(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """Mean of the channels (C, N) as (N,), or the loudest one where they cancel each other."""
    wav: NDArray[np.float32] = samples.mean(axis=0)
    if samples.shape[0] == 1:
        return wav
    power = np.square(samples, dtype=np.float64).mean(axis=1)
    if np.square(wav, dtype=np.float64).mean() < CANCELLED * power.mean():
        wav = samples[int(power.argmax())]
    return wav


def read_mono(
    path: str | os.PathLike[str],
    sample_rate: int = SAMPLE_RATE,
    problems: list[str] | None = None,
) -> Iterator[NDArray[np.float32]]:
    """Stream the sound of any media file as mono.

    Sample 0 belongs to the first video frame, or is the first sample of a file without video (see
    `read_sound`). Channels are averaged here: FFmpeg does not normalise its own mix of
    floating-point stereo. Where they cancel each other, the loudest is used.

    Args:
        path: any file with sound.
        sample_rate: Hz.
        problems: receives one line per kind of damage. New lines are logged as warnings.

    Yields:
        Consecutive samples, each (N,) float32 in [-1, 1].

    Raises:
        InputError: The file is missing, a directory or not media, or its sound is missing, empty, cut
            off, far beyond full scale or not finite.
    """
    problems = [] if problems is None else problems
    known = len(problems)
    empty = True
    for piece in read_sound(path, sample_rate, problems=problems):
        if not np.isfinite(piece).all():
            raise InputError(f"{path}: the sound contains NaN or infinity; export it again")
        if piece.size and np.abs(piece).max() > MAX_LEVEL:
            raise InputError(
                f"{path}: the sound has values up to {np.abs(piece).max():.0e}, full scale is 1; "
                "export it again with 16 bits"
            )
        wav = _mix(piece)
        empty = empty and wav.size == 0
        yield wav.astype(np.float32, copy=False)
    if empty:
        raise InputError(f"{path}: no sound after the first video frame; give a file with sound")
    for line in problems[known:]:
        log.warning("%s: %s", path, line)


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
    wav, count = np.empty(sample_rate, np.float32), 0
    for piece in read_mono(path, sample_rate):
        if count + piece.size > wav.size:  # grows in place: hours of sound are held once
            wav.resize(count + piece.size + wav.size // 4, refcheck=False)
        wav[count : count + piece.size] = piece
        count += piece.size
    wav.resize(count, refcheck=False)
    return wav
