"""Hashes that tell whether two runs were trained on the same clips."""

import hashlib
from collections.abc import Iterable, Sequence

from wav2lip.data.clip_dataset import Clip


def clips_id(clips: Sequence[Clip]) -> str:
    """Return a hash (8 hexadecimal digits) of the clip names; their order does not matter."""
    return _hash(clip.row.clip for clip in clips)


def clip_parts_id(clips: Sequence[Clip]) -> str:
    """Return a hash of the clips' names, lengths and spans, which a resumed run must have in common."""
    return _hash(f"{clip.row.clip} {clip.row.frames} {clip.span or ''}" for clip in clips)


def _hash(lines: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()[:8]
