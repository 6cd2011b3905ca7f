"""Read the sound of any media file, at any rate, streamed or as a whole."""

import logging
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from wav2lip.errors import InputError
from wav2lip.media.audio_decoder import Losses, Samples, decode_audio
from wav2lip.media.container import audio_stream, open_media, start_time
from wav2lip.media.file_end import IN_PACKET, add_end
from wav2lip.media.rules import CANCELLED, LOUDER, MAX_LEVEL, MAX_LOST, MISSING
from wav2lip.media.sound_length import wav_seconds
from wav2lip.media.stated_duration import stated_duration
from wav2lip.types import SAMPLE_RATE, Wav

log = logging.getLogger(__name__)


def _silence(channels: int, samples: int, rate: int) -> Iterator[Samples]:
    """Yield `samples` zeros in blocks of at most a second."""
    for start in range(0, samples, rate):
        yield np.zeros((channels, min(rate, samples - start)), np.float32)


def read_channels(
    path: str | os.PathLike[str],
    sample_rate: int,
    layout: str | None = None,
    problems: list[str] | None = None,
) -> Iterator[Samples]:
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
    losses = Losses()
    with open_media(path) as container:
        stream = audio_stream(container)
        pieces = decode_audio(path, container, stream, zero, losses, sample_rate, layout)
        for time, samples in pieces:
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
        stated = max(
            (stated_duration(container, stream), wav_seconds(path)), key=lambda s: s or 0.0
        )
    found = _remarks(path, losses, None if losses.jumped else stated)
    if problems is not None:
        problems += [line for line in found if line not in problems]


def _remarks(path: Path, losses: Losses, stated: float | None) -> list[str]:
    """Lines on what is missing of a sound of `stated` seconds.

    Raises:
        InputError: Most of it is missing.
    """
    lines = list(losses.problems)
    damaged = any(line != IN_PACKET for line in lines)
    lost = (
        losses.seconds if damaged and not losses.jumped else 0.0
    )  # gaps in a file without damage are pauses
    if losses.gaps:
        lines.append(
            f"{losses.seconds:.2f} s of the sound are missing in {losses.gaps} places: they are silent"
        )
    end = losses.read + losses.seconds
    short = stated is not None and stated - end > MISSING
    add_end(path, lines, short)
    if stated is not None and short:
        lines.append(f"the sound ends at {end:.2f} s, its header says {stated:.2f} s")
        lost += stated - end
    whole = max(end, stated or 0.0)
    if lost > MAX_LOST * whole:
        raise InputError(
            f"{path}: {lost:.2f} s of its {whole:.2f} s of sound are missing or damaged; "
            "give the whole file"
        )
    return lines


class _Mix:
    """Mixes the channels of consecutive pieces of a sound to one."""

    def __init__(self) -> None:
        self._channel = 0  # the one that is taken where the channels cancel each other

    def __call__(self, samples: Samples) -> Wav:
        """Mean of the channels (C, N) as (N,), or the loudest one where they cancel each other.

        A channel is kept until another is clearly louder: two that differ in their sign are equally loud, and each
        change between them would turn the sound's polarity.
        """
        wav: Wav = samples.mean(axis=0)
        if samples.shape[0] == 1:
            return wav
        power = np.square(samples, dtype=np.float64).mean(axis=1)
        if np.square(wav, dtype=np.float64).mean() < CANCELLED * power.mean():
            if power.max() > LOUDER * power[self._channel]:
                self._channel = int(power.argmax())
            wav = samples[self._channel]
        return wav


def read_mono(
    path: str | os.PathLike[str],
    sample_rate: int = SAMPLE_RATE,
    problems: list[str] | None = None,
) -> Iterator[Wav]:
    """Stream the sound of any media file as mono.

    Sample 0 belongs to the first video frame, or is the first sample of a file without video (see
    `read_channels`). Channels are averaged here: FFmpeg does not normalise its own mix of
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
    empty, mix = True, _Mix()
    for piece in read_channels(path, sample_rate, problems=problems):
        if not np.isfinite(piece).all():
            raise InputError(f"{path}: the sound contains NaN or infinity; export it again")
        if piece.size and np.abs(piece).max() > MAX_LEVEL:
            raise InputError(
                f"{path}: the sound has values up to {np.abs(piece).max():.0e}, full scale is 1; "
                "export it again with 16 bits"
            )
        wav = mix(piece)
        empty = empty and wav.size == 0
        yield wav.astype(np.float32, copy=False)
    if empty:
        raise InputError(f"{path}: no sound after the first video frame; give a file with sound")
    for line in problems[known:]:
        log.warning("%s: %s", path, line)


def load_wav(
    path: str | os.PathLike[str],
    sample_rate: int = SAMPLE_RATE,
    problems: list[str] | None = None,
) -> Wav:
    """Load the whole sound of any media file as mono.

    Args:
        path: any file with sound.
        sample_rate: Hz.
        problems: receives one line per kind of damage. New lines are logged as warnings.

    Returns:
        (N,) float32 in [-1, 1]; sample 0 belongs to the first video frame, if there is video.

    Raises:
        InputError: See `read_mono`.
    """
    wav, count = np.empty(sample_rate, np.float32), 0
    for piece in read_mono(path, sample_rate, problems):
        if count + piece.size > wav.size:  # grows in place: hours of sound are held once
            wav.resize(count + piece.size + wav.size // 4, refcheck=False)
        wav[count : count + piece.size] = piece
        count += piece.size
    wav.resize(count, refcheck=False)
    return wav
