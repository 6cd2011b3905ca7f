"""Choose the seconds of a person that a generator is tuned on, and those that are held out."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from wav2lip.clips import ClipFile
from wav2lip.data.clip_dataset import Clip
from wav2lip.data.mouth_pairs import read_mouths
from wav2lip.media.alignment import column_count, mel_start
from wav2lip.metrics.pause_motion import speech_and_pauses
from wav2lip.types import N_MELS

PIECE = 50  # frames, 2 s: what is chosen or left out as a whole
BANDS = 8  # groups of mel bands that describe a sound
SPOKEN = 0.3  # share of the frames of a piece in which somebody speaks
SEEN = 0.6  # share of the frames of a piece whose face is not turned away
WANTED_SECONDS = 75.0  # to tune on and to hold out; more changes little
HELD_OUT, LEAST_HELD_OUT = 0.2, 30  # share and frames that are held out
GAP = 5  # frames between what is tuned on and what is held out


@dataclass(frozen=True)
class Choice:
    """Spans of clips.

    Attributes:
        tuned: what is tuned on.
        held_out: what is held out: the last fifth.
    """

    tuned: Sequence[Clip]
    held_out: Sequence[Clip]


def _span(clip: Clip) -> tuple[int, int]:
    return clip.span or (0, clip.row.frames)


def seconds_of(clips: Sequence[Clip]) -> float:
    """Return the length of the spans of clips."""
    spans = [(_span(clip), clip.row.fps) for clip in clips]
    return float(sum((last - first) / fps for (first, last), fps in spans))


def _pieces(clip: Clip) -> list[Clip]:
    """Cut a clip, or its span, into pieces of about the same length."""
    start, end = _span(clip)
    count = max(1, (end - start) // PIECE)
    edges = [start + round((end - start) * i / count) for i in range(count + 1)]
    return [replace(clip, span=span) for span in pairwise(edges)]


def describe(piece: Clip) -> NDArray[np.float64] | None:
    """Describe a piece by its sound, how far the mouth opens, and the view.

    Returns:
        (2 * 8 + 3,) mean and standard deviation of groups of mel bands, opening, yaw and pitch; None if hardly
        anybody speaks or the face is turned away.
    """
    file, (first, last) = ClipFile(piece.path), _span(piece)
    mouths = read_mouths(piece.path).within(piece.span)
    speech, _ = speech_and_pauses(file.pcm(), file.frames)
    spoken = speech[first:last].mean() if last > first else 0.0
    if spoken < SPOKEN or len(mouths.frames) < SEEN * (last - first):
        return None
    mel = file.mel(mel_start(first / file.fps), column_count((last - first) / file.fps))
    bands = mel.reshape(BANDS, N_MELS // BANDS, -1).mean(axis=1)
    opening = np.percentile(mouths.opening, 90)
    yaw, pitch = mouths.angles.mean(axis=0)
    sound = [*bands.mean(axis=1), *bands.std(axis=1)]
    return np.array([*sound, opening, yaw, pitch], np.float64)


def most_varied(features: NDArray[np.float64], count: int) -> NDArray[np.int64]:
    """Choose rows (N, D) that differ: each next one is the farthest from those that are chosen.

    Gonzalez 1985, *Clustering to minimize the maximum intercluster distance*, section 2. The first is the most
    ordinary one, so that a failed measurement does not come first.

    Returns:
        (count,) numbers of rows, in ascending order.
    """
    scaled = (features - features.mean(axis=0)) / np.maximum(features.std(axis=0), 1e-9)
    chosen = [int(np.argmin((scaled**2).sum(axis=1)))]
    distance = np.full(len(scaled), np.inf)
    while len(chosen) < min(count, len(scaled)):
        distance = np.minimum(distance, ((scaled - scaled[chosen[-1]]) ** 2).sum(axis=1))
        chosen.append(int(distance.argmax()))
    return np.sort(np.array(chosen, np.int64))


def _joined(pieces: Sequence[Clip]) -> list[Clip]:
    """Join pieces that follow one another."""
    joined: list[Clip] = []
    for piece in pieces:
        last = joined[-1] if joined else None
        if last and last.path == piece.path and _span(last)[1] == _span(piece)[0]:
            joined[-1] = replace(last, span=(_span(last)[0], _span(piece)[1]))
        else:
            joined.append(piece)
    return joined


def _split(spans: Sequence[Clip]) -> Choice:
    """Hold out the last fifth of the frames, of short material a little more."""
    lengths = [last - first for first, last in map(_span, spans)]
    left = sum(lengths) - max(LEAST_HELD_OUT, round(HELD_OUT * sum(lengths)))
    tuned, held_out = [], []
    for clip, length in zip(spans, lengths, strict=True):
        first, last = _span(clip)
        edge = first + max(0, min(left, length))
        left -= length
        end = edge - GAP if edge < last else edge
        if end > first:
            tuned.append(replace(clip, span=(first, end)))
        if edge < last:
            held_out.append(replace(clip, span=(edge, last)))
    return Choice(tuned, held_out)


def choose_seconds(clips: Sequence[Clip], wanted: float = WANTED_SECONDS) -> Choice:
    """Choose what to tune on and what to hold out.

    Pieces in which hardly anybody speaks or the face is turned away are left out. If more are left than wanted, the
    most varied ones are taken: sounds, opening and view.

    Args:
        clips: of one person, in order of time, with landmarks.
        wanted: seconds in all.

    Returns:
        Spans of the clips; both parts are empty if no piece can be used.
    """
    described = [(piece, describe(piece)) for clip in clips for piece in _pieces(clip)]
    usable = [(piece, features) for piece, features in described if features is not None]
    pieces = [piece for piece, _ in usable]
    count = int(wanted * clips[0].row.fps / PIECE)
    if len(pieces) > count:
        kept = most_varied(np.stack([features for _, features in usable]), count)
        pieces = [pieces[i] for i in kept]
    return _split(_joined(pieces))
