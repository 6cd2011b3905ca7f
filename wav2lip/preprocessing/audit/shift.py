"""Put right a clip whose sound comes late or early: a new clip file, cut anew."""

import math
from dataclasses import replace
from pathlib import Path

from wav2lip.clips import ClipFile, ManifestRow, write_clip
from wav2lip.media.mel import N_FFT, mel_spectrogram
from wav2lip.media.pcm import from_pcm
from wav2lip.preprocessing.measures import loudness
from wav2lip.types import HOP, MEL_RATE, MEL_WINDOW, SAMPLE_RATE


def shifted_name(clip: str, frames: int) -> str:
    """Where the shifted copy of a clip lies, beside it: `a.safetensors` by 3 is `a.shift+3.safetensors`."""
    path = Path(clip)
    return path.with_name(f"{path.stem}.shift{frames:+d}{path.suffix}").as_posix()


def frames_left(frames: int, fps: float, shift: int) -> int:
    """Frames of a clip that remain after a shift.

    Where sound is taken from later on, the last frame's mel window has to end within the clip's sound.
    """
    tail = math.ceil((MEL_WINDOW + N_FFT // 2 / HOP) * fps / MEL_RATE) if shift > 0 else 0
    return frames - abs(shift) - tail


def shift_clip(folder: Path, row: ManifestRow, shift: int) -> ManifestRow:
    """Write the clip of `row` with the sound moved `shift` frames earlier; the original stays.

    A late sound (`shift` > 0) loses its beginning and the picture its end, an early one the reverse. The mel
    is cut where a whole number of columns allows it and computed from the clip's sound otherwise.

    Returns the new row, its offset 0. ValueError where no frame would be left.
    """
    file = ClipFile(folder / row.clip)
    count = frames_left(file.frames, file.fps, shift)
    if count < 1:
        raise ValueError(f"{row.clip} has {file.frames} frames, too few to shift by {shift}")
    first = max(0, -shift)
    pcm = file.pcm()
    start = round(max(0, shift) / file.fps * SAMPLE_RATE)  # sample of the new clip's first frame
    columns = round(count / file.fps * MEL_RATE) + MEL_WINDOW
    if start % HOP:
        # Columns of what comes before, so that the first one hears it as it would in the whole sound.
        before = min(start // HOP, N_FFT // HOP)
        mel = mel_spectrogram(from_pcm(pcm[start - before * HOP :]))[:, before : before + columns].T
    else:
        mel = file.mel(start // HOP, columns).T
    pcm = pcm[start : start + round(count / file.fps * SAMPLE_RATE)]
    times = file.times()[first : first + count]
    name = shifted_name(row.clip, shift)
    write_clip(
        folder / name,
        file.jpegs(first, first + count),
        file.boxes()[first : first + count],
        times,
        mel,
        pcm,
        {**file.metadata, "shift": shift},
    )
    return replace(
        row,
        clip=name,
        frames=count,
        start=round(float(times[0]), 3),
        loudness=round(loudness(from_pcm(pcm)), 1),
        offset="0",
    )
