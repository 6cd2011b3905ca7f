"""Decode a sound track: each piece at its own time, at one rate."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from av.audio.resampler import AudioResampler
from numpy.typing import NDArray

from wav2lip.errors import InputError
from wav2lip.media.container import decode
from wav2lip.media.rules import (
    LOOKAHEAD,
    MAX_CHANNELS,
    MAX_OVERLAP,
    MAX_RATE,
    MIN_GAP,
    MIN_RATE,
)
from wav2lip.media.timeline import TrackClock

Samples: TypeAlias = NDArray[np.float32]  # (C, N)
CHANNELS = {"mono": 1, "stereo": 2}
NO_LAYOUT = (9, 11, 13, 15)  # numbers of channels that FFmpeg cannot mix: it has no layout for them


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
class Losses:
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
    path: Path, container: Any, stream: Any, zero: float, losses: Losses
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


def _samples(frame: Any) -> Samples:
    """Samples (C, N) of an interleaved frame. PyAV reads beyond memory at 8 planes."""
    return np.ascontiguousarray(frame.to_ndarray().reshape(-1, frame.layout.nb_channels).T)


def _mixed(samples: Samples, layout: str | None) -> Samples:
    """Give each channel of a layout the mean, where FFmpeg has not mixed the channels."""
    if layout is None or len(samples) not in NO_LAYOUT:
        return samples
    return np.repeat(samples.mean(axis=0, keepdims=True), CHANNELS[layout], axis=0)


def _resampled(
    frames: Iterator[tuple[Any, float | None]], rate: int, layout: str | None
) -> Iterator[tuple[float | None, Samples]]:
    """Resample frames and mix their channels. A new resampler starts at a gap, an overlap and a change of the format.

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
                yield None, _mixed(_samples(out), layout)
            unknown = frame.layout.nb_channels in NO_LAYOUT
            resampler = AudioResampler(format="flt", layout=None if unknown else layout, rate=rate)
            known = now
        for out in resampler.resample(frame):
            yield time, _mixed(_samples(out), layout)
            time = None
    for out in [] if resampler is None else resampler.resample(None):
        yield None, _mixed(_samples(out), layout)


def decode_audio(
    path: Path,
    container: Any,
    stream: Any,
    zero: float,
    losses: Losses,
    sample_rate: int,
    layout: str | None,
) -> Iterator[tuple[float | None, Samples]]:
    """Decode an audio stream.

    Args:
        path: the file, for messages.
        container: the open `av` container.
        stream: its audio stream.
        zero: the instant of sample 0, seconds of the file's clock.
        losses: is filled while pieces are yielded.
        sample_rate: Hz of the result.
        layout: "mono" or "stereo"; None keeps the channels of the file.

    Yields:
        Time of the first sample in seconds of the file's clock, or None if the piece follows the last one;
        samples (C, N) float32.

    Raises:
        InputError: the stream has too many channels or an unusual rate.
    """
    frames = _placed(_pieces(path, container, stream, zero, losses))
    yield from _resampled(frames, sample_rate, layout)
