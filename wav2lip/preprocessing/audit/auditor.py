"""The dataset doctor: measure every clip's offset with a sync expert, put right or drop what is off."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from rich.progress import track
from torch import nn

from wav2lip.checkpoints import load_network
from wav2lip.clips import ClipFile, ManifestRow
from wav2lip.errors import InputError
from wav2lip.faces.crops import crop_face
from wav2lip.media.alignment import mel_start
from wav2lip.metrics.judges import ExpertJudge
from wav2lip.metrics.offset import ClipOffset, clip_offset, offset_scores
from wav2lip.preprocessing.audit.report import Finding, summary, write_report
from wav2lip.preprocessing.audit.shift import frames_left, shift_clip
from wav2lip.types import MEL_RATE, MEL_WINDOW, WINDOW_FRAMES

CHUNK = 256  # windows embedded at a time: memory does not grow with the clip
PUBLISHED_SIZE = 96  # px, where an expert's config names none


def face_crops(file: ClipFile, frames: npt.NDArray[np.int64], size: int) -> npt.NDArray[np.uint8]:
    """Faces without their margin, (N, size, size, 3) BGR: what a dataset shows without augmentation."""
    side = file.crop_size / (1 + 2 * file.pad)
    margin = file.pad * side
    box = np.array([margin, margin, margin + side, margin + side], np.float32)
    return np.stack([crop_face(crop, box, size) for crop in file.crops(frames)])


def measure_clip(file: ClipFile, expert: nn.Module, size: int) -> ClipOffset | None:
    """Offset of a clip by an expert for faces of `size` px; None where it is too short to tell."""
    heard = int(file.mel_columns / MEL_RATE * file.fps)
    count = min(file.frames, heard) - WINDOW_FRAMES + 1
    lips, audio = [], []
    for first in range(0, max(count, 0), CHUNK):
        last = min(first + CHUNK, count)

        def sounds(_: object, windows: int, first: int = first) -> npt.NDArray[np.float32]:
            starts = [mel_start((first + w) / file.fps) for w in range(windows)]
            return np.stack([file.mel(start, MEL_WINDOW) for start in starts])

        faces = face_crops(file, np.arange(first, last + WINDOW_FRAMES - 1), size)
        sound, face = ExpertJudge(expert, sounds).embed(faces, file.pcm(), last - first)
        audio.append(sound.numpy())
        lips.append(face.numpy())
    if not lips:
        return None
    return clip_offset(offset_scores(np.concatenate(lips), np.concatenate(audio)))


class SyncAuditor:
    """Measures clips, and with `fix` shifts and drops.

    Args:
        expert: checkpoint of a sync expert.
        fix: shift what is surely off by up to `max_shift` frames, drop what has no sync or is off farther.
        confidence: 0-1, share of resamples that must agree (see `wav2lip.metrics.offset`).
        max_shift: frames.
        min_frames: a clip that is shorter after its shift is dropped.
        device: of the expert; None: a GPU where there is one.

    InputError where `expert` is no sync expert, or for a confidence outside 0-1.
    """

    def __init__(
        self,
        expert: str,
        fix: bool = False,
        confidence: float = 0.8,
        max_shift: int = 10,
        min_frames: int = 15,
        device: str | None = None,
    ) -> None:
        if not 0 <= confidence <= 1 or max_shift < 0:
            raise InputError(
                f"sync.confidence={confidence} must be within 0 and 1, sync.max_shift={max_shift} not below 0"
            )
        loaded = load_network(expert, "syncnet")
        self.fix = fix
        self.confidence = confidence
        self.max_shift = max_shift
        self.min_frames = min_frames
        self._sha256 = loaded.sha256
        self._size = int(loaded.config.get("image_size", PUBLISHED_SIZE))
        chosen = device or ("cuda" if torch.cuda.is_available() else "cpu")
        self._network = loaded.network.to(chosen)

    def measure(self, folder: Path, row: ManifestRow) -> ClipOffset | None:
        """The clip's offset; noted under `folder/sync`, so that the next run need not look again."""
        path = folder / row.clip
        status = path.stat()
        parts = (self._sha256, row.clip, status.st_size, status.st_mtime_ns)
        key = hashlib.sha256(json.dumps(parts).encode()).hexdigest()
        note = folder / "sync" / f"{path.stem}.json"
        try:
            known = json.loads(note.read_text())
            if known["key"] == key:
                return ClipOffset(**known["measured"]) if known["measured"] else None
        except (OSError, ValueError, KeyError, TypeError):
            pass  # no note, or not a whole one
        measured = measure_clip(ClipFile(path), self._network, self._size)
        note.parent.mkdir(parents=True, exist_ok=True)
        temporary = note.with_suffix(".part")
        found = measured._asdict() if measured else None
        temporary.write_text(json.dumps({"key": key, "measured": found}))
        temporary.replace(note)
        return measured

    def examine(self, folder: Path, row: ManifestRow) -> Finding:
        """Measure one clip and say what becomes of it."""
        measured = self.measure(folder, row)
        if measured is None:  # nothing speaks against it either
            return Finding(row, None, row)
        late, sure = -measured.av_offset, measured.agreement
        told = replace(row, offset=str(late), confidence=f"{sure:.2f}")
        if not self.fix:
            return Finding(row, measured, told)
        if sure < self.confidence:
            why = f"no sync found (confidence {sure:.2f}): dubbed, off screen or too short for this expert"
            return Finding(row, measured, None, why)
        if abs(late) > self.max_shift:
            return Finding(row, measured, None, f"off by {late} frames, beyond {self.max_shift}")
        if late == 0 or measured.certainly_off < self.confidence:
            return Finding(row, measured, told)
        if frames_left(row.frames, row.fps, late) < self.min_frames:
            return Finding(row, measured, None, f"off by {late} frames, too short once shifted")
        return Finding(row, measured, shift_clip(folder, told, late), f"shifted by {late} frames")

    def __call__(self, folder: Path, rows: Iterable[ManifestRow]) -> list[ManifestRow]:
        """The rows that stay, and the report on all of them under `folder`."""
        ordered = sorted(rows, key=lambda row: row.clip)
        findings = [self.examine(folder, row) for row in track(ordered, description="sync  ")]
        write_report(folder, findings, self.confidence)
        print(summary(findings))
        return [finding.kept for finding in findings if finding.kept]
