"""The card of a sync expert: what it knows about people that it has not seen, measured on clip files.

A mean is over clips; its interval resamples people. Clips are taken to be in sync: audit them first.
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from wav2lip.clips import ClipFile
from wav2lip.data.clip_dataset import Clip
from wav2lip.evaluation.card_conditions import UNCHANGED, Condition
from wav2lip.evaluation.card_embeddings import Expert, embed_under
from wav2lip.evaluation.table import Column
from wav2lip.metrics.judges import Embeddings
from wav2lip.metrics.lse import lse, mean_distances, shift_distances
from wav2lip.metrics.offset import clip_offset, offset_scores
from wav2lip.metrics.offset_accuracy import offset_accuracy, segment_scores, shift_scores
from wav2lip.types import FPS, WINDOW_FRAMES, Pcm

LENGTHS = {"5 frames": WINDOW_FRAMES, "1 s": FPS, "2 s": 2 * FPS}
LONG = 2 * FPS  # frames; shorter clips do not count for the offset of a clip
CERTAIN = 0.8  # agreement from which an offset counts as certain
BOUNDS = {"yaw": (15.0, 30.0), "face": (100.0, 200.0)}  # degrees; pixels in the source

Values = dict[str, float]
LENGTH_COLUMNS = tuple(
    Column(f"{key} {name}", name, 3, "higher", group)
    for key, group in (
        ("pairwise", "own sound against one 5-15 frames off (chance 0.5)"),
        ("within_1", "offset of 31 within a frame (chance 0.097)"),
        ("exact", "offset of 31 exact (chance 0.032)"),
    )
    for name in LENGTHS
)
CLIP_COLUMNS = (
    Column("clip within_1", "±1 frame", 3, "higher", "offset of a clip of 2 s or more"),
    Column("clip exact", "exact", 3, "higher", "offset of a clip of 2 s or more"),
    Column("clip certain", "certain", 3, None, "offset of a clip of 2 s or more"),
)
LSE_COLUMNS = (
    Column("lse_d", "LSE-D", 3, "lower", "distances of this network"),
    Column("lse_c", "LSE-C", 3, "higher", "distances of this network"),
)
CERTAINTY = (Column("clip certain", "certain", 3, None, "agreement of 0.8 or more"),)


@dataclass(frozen=True)
class CardClip:
    """One clip of a card.

    Attributes:
        clip: the clip.
        groups: grouping -> group of the clip, e.g. "language" -> "ar".
    """

    clip: Clip
    groups: Mapping[str, str]


def group_of(value: float | None, bounds: Sequence[float]) -> str:
    """Name the range between bounds that holds an absolute value; "" without one.

    Examples:
        >>> [group_of(v, (15, 30)) for v in (-10, 15, 45, None)]
        ['below 15', '15-30', '30 or more', '']
    """
    if value is None:
        return ""
    edges = [f"{bound:g}" for bound in bounds]
    names = [f"below {edges[0]}", *map("-".join, pairwise(edges))]
    return [*names, f"{edges[-1]} or more"][int(np.searchsorted(bounds, abs(value), "right"))]


def card_clips(clips: Iterable[Clip], further: Mapping[str, Mapping[str, str]]) -> list[CardClip]:
    """Group clips by pose and size of the face, and by `further` columns of their source videos."""
    found = []
    for clip in clips:
        row = clip.row
        groups = {
            "yaw": group_of(row.yaw, BOUNDS["yaw"]),
            "face": group_of(row.face, BOUNDS["face"]),
        }
        found.append(CardClip(clip, {**groups, **further.get(row.source, {})}))
    return found


def measure(
    expert: Expert, file: ClipFile, condition: Condition = UNCHANGED, pcm: Pcm | None = None
) -> Values:
    """Measure one clip; see `embed_under`.

    Returns:
        Measure -> value; empty if no window fits. A measure that the clip is too short for is left out.
    """
    embedded = embed_under(expert, file, condition, pcm)
    if embedded is None:
        return {}
    audio, lips = embedded
    scores = shift_scores(lips, audio)
    values: Values = {}
    for name, frames in LENGTHS.items():
        if frames < expert.window:
            continue
        accuracy = offset_accuracy(segment_scores(scores, frames - expert.window + 1))
        values |= {f"{key} {name}": value for key, value in accuracy._asdict().items()}
    distances = mean_distances(shift_distances(lips, audio, "none"))
    if not np.isnan(distances).any():
        values |= {"lse_d": lse(distances).distance, "lse_c": lse(distances).confidence}
    values |= certainty(lips, audio, expert.window) if file.frames >= LONG else {}
    return {key: value for key, value in values.items() if not math.isnan(value)}


def certainty(lips: Embeddings, audio: Embeddings, window: int) -> Values:
    """Measure the offset of a whole clip as the audit does, from embeddings (W, D) of windows of `window` frames."""
    found = clip_offset(offset_scores(lips, audio), block=window)
    if found is None:
        return {}
    off = abs(found.av_offset)
    return {
        "clip within_1": float(off <= 1),
        "clip exact": float(off == 0),
        "clip certain": float(found.agreement >= CERTAIN),
    }


def measured(
    expert: Expert, clips: Iterable[CardClip], condition: Condition = UNCHANGED
) -> Iterator[Values]:
    """Measure every clip under a condition."""
    for item in clips:
        yield measure(expert, ClipFile(item.clip.path), condition)
