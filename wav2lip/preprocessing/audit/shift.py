"""Shift the sound of a clip against its frames: write a new clip file."""

import re
from dataclasses import replace
from pathlib import Path

from wav2lip.clips import ClipFile, ManifestRow, write_clip
from wav2lip.media.alignment import column_count, spanned_frames
from wav2lip.media.mel import N_FFT, mel_spectrogram
from wav2lip.media.pcm import from_pcm
from wav2lip.preprocessing.measures import loudness
from wav2lip.types import HOP, MEL_WINDOW, SAMPLE_RATE

SUFFIX = re.compile(r"\.av_shift[+-]\d+$")  # of the stem of a shifted clip


def shifted_name(clip: str, av_shift: int) -> str:
    """Return the file name of a shifted clip: `a.safetensors` by -3 is `a.av_shift-3.safetensors`."""
    path = Path(clip)
    return path.with_name(
        f"{SUFFIX.sub('', path.stem)}.av_shift{av_shift:+d}{path.suffix}"
    ).as_posix()


def frames_left(frames: int, fps: float, shift: int) -> int:
    """Return the number of frames that remain after a shift.

    Args:
        frames: length of the clip.
        fps: frames per second.
        shift: frames by which the sound is delayed; below 0: moved earlier. A sound that is moved earlier
            ends earlier, and the last frame's mel window must end within it.
    """
    tail = spanned_frames(MEL_WINDOW + N_FFT // 2 / HOP, fps) if shift < 0 else 0
    return frames - abs(shift) - tail


def shift_clip(folder: Path, row: ManifestRow, shift: int) -> ManifestRow:
    """Write a copy of a clip with its sound shifted. The original file stays.

    Delaying the sound drops frames at the beginning and sound at the end; moving it earlier does the
    reverse. The mel is cut if the shift is a whole number of its columns and computed anew otherwise.

    Args:
        folder: folder of the manifest.
        row: the clip.
        shift: frames by which to delay the sound: the clip's `av_offset` cures it. Below 0: earlier.

    Returns:
        The row of the new clip, with an `av_offset` of 0.

    Raises:
        ValueError: no frame would be left.
    """
    file = ClipFile(folder / row.clip)
    count = frames_left(file.frames, file.fps, shift)
    if count < 1:
        raise ValueError(f"{row.clip} has {file.frames} frames, too few to shift by {shift}")
    first = max(0, shift)
    pcm = file.pcm()
    start = round(max(0, -shift) / file.fps * SAMPLE_RATE)  # sample at the new clip's first frame
    columns = column_count(count / file.fps) + MEL_WINDOW
    if start % HOP:
        # Compute some columns before the first: its analysis window reaches back.
        before = min(start // HOP, N_FFT // HOP)
        mel = mel_spectrogram(from_pcm(pcm[start - before * HOP :]))[:, before : before + columns].T
    else:
        mel = file.mel(start // HOP, columns).T
    pcm = pcm[start : start + round(count / file.fps * SAMPLE_RATE)]
    times = file.times()[first : first + count]
    total = row.av_shift + shift
    name = shifted_name(row.clip, total)
    kept = slice(first, first + count)
    landmarks = file.landmarks()
    write_clip(
        folder / name,
        file.jpegs(first, first + count),
        file.boxes()[kept],
        times,
        mel,
        pcm,
        {**file.metadata, "av_shift": total},
        roll=file.roll()[kept] if file.face_crop == "aligned" else None,
        landmarks=None if landmarks is None else landmarks[kept],
    )
    return replace(
        row,
        clip=name,
        frames=count,
        start=round(float(times[0]), 3),
        loudness=round(loudness(from_pcm(pcm)), 1),
        av_offset=0,
        av_shift=total,
    )
