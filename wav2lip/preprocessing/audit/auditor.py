"""Audit of a dataset: measure the offset of every clip with a sync expert, then shift or drop clips."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
from rich.progress import track
from torch import nn

from wav2lip.checkpoints.expert import load_expert
from wav2lip.clips import MANIFEST, ClipFile, ManifestRow, read_manifest, write_manifest
from wav2lip.errors import InputError
from wav2lip.faces.crops import Crop, cut_face
from wav2lip.media.alignment import frame_count, mel_start
from wav2lip.metrics.judges import ExpertJudge
from wav2lip.metrics.offset import ClipOffset, clip_offset, offset_scores
from wav2lip.models import MeshSyncNet
from wav2lip.preprocessing.audit.mesh_offset import measure_mesh
from wav2lip.preprocessing.audit.report import AuditResult, summary, write_report
from wav2lip.preprocessing.audit.shift import frames_left, shift_clip
from wav2lip.preprocessing.settings import AUDIT_RULES
from wav2lip.types import FPS, IMAGE_SIZE, WINDOW_FRAMES, Image, Mel, mel_window
from wav2lip.utils.devices import torch_device
from wav2lip.utils.fields import Number
from wav2lip.utils.files import write_atomically
from wav2lip.utils.values import check_fields

CACHE = "audit"  # folder of the measurements, one JSON file per clip
MEASURED = {  # field of a measurement -> its bounds
    "av_offset": Number(-FPS, FPS, whole=True),
    "agreement": Number(0, 1),
    "sign_agreement": Number(0, 1),
}
CHUNK = 256  # windows embedded at a time: memory does not grow with the clip's length


def face_crops(file: ClipFile, frames: npt.NDArray[np.int64], size: int) -> Image:
    """Read faces without their margin, as a dataset without augmentation gives them.

    Args:
        file: the clip.
        frames: (N,) frame numbers.
        size: side of a face, pixels.

    Returns:
        (N, size, size, 3) BGR.
    """
    side = file.crop_size / (1 + 2 * file.pad)
    face = Crop(file.crop_size / 2, file.crop_size / 2, side, side)
    return np.stack([cut_face(crop, face, size) for crop in file.crops(frames)])


def _parse_measured(values: dict[str, object] | None) -> ClipOffset | None:
    """Return what an earlier run has measured. Raises ValueError or TypeError if it cannot have."""
    if values is None:
        return None
    offset = MEASURED["av_offset"].check(values["av_offset"])
    shares = [MEASURED[name].check(values[name]) for name in ("agreement", "sign_agreement")]
    return ClipOffset(int(offset), float(shares[0]), float(shares[1]))


def measure_clip(file: ClipFile, expert: nn.Module, size: int) -> ClipOffset | None:
    """Measure the offset of a clip.

    Args:
        file: the clip.
        expert: sync expert.
        size: side of a face as the expert expects it, pixels.

    Returns:
        The offset; None if the clip is too short.
    """
    audio_frames = frame_count(file.mel_columns, file.fps)
    window = int(getattr(expert, "window", WINDOW_FRAMES))
    count = min(file.frames, audio_frames) - window + 1
    lips, audio = [], []
    for first in range(0, max(count, 0), CHUNK):
        last = min(first + CHUNK, count)

        def mel_windows(_: object, windows: int, first: int = first) -> Mel:
            starts = [mel_start((first + w) / file.fps) for w in range(windows)]
            return np.stack([file.mel(start, mel_window(window)) for start in starts])

        faces = face_crops(file, np.arange(first, last + window - 1), size)
        judge = ExpertJudge(expert, mel_windows)
        audio_part, lips_part = judge.embed(faces, file.pcm(), last - first)
        audio.append(audio_part)
        lips.append(lips_part)
    if not lips:
        return None
    return clip_offset(offset_scores(np.concatenate(lips), np.concatenate(audio)), block=window)


class SyncAuditor:
    """Measures the offset of clips; with `fix` also shifts and drops clips.

    The rule of `fix`, in this order:

    1. `offset_agreement` below `min_agreement`: drop the clip, because no offset fits it.
    2. |`av_offset`| above `max_shift`: drop the clip.
    3. `av_offset` not 0 and `sign_agreement` at least `min_agreement`: shift the sound by `av_offset`, or
       drop the clip if fewer than `min_frames` frames remain.
    4. Otherwise keep the clip as it is. A clip too short to measure is kept, too.

    Args:
        expert: checkpoint of a sync expert. One of geometry requires clips with landmarks; one that records the crops
            that it was trained on, such as `bundled:expert`, requires clips with these.
        fix: shift and drop clips; otherwise only measure them.
        min_agreement: 0-1, share of bootstrap resamples that must agree (see `wav2lip.metrics.offset`).
        max_shift: largest offset that is corrected, frames.
        min_frames: shortest clip to keep after a shift, frames.
        device: torch device of the expert; None: a GPU if there is one.

    Raises:
        InputError: `expert` is neither, or a value is out of range.
    """

    def __init__(
        self,
        expert: str,
        fix: bool = False,
        min_agreement: float = 0.8,
        max_shift: int = 10,
        min_frames: int = 15,
        device: str | None = None,
    ) -> None:
        self.fix = fix
        self.min_agreement = min_agreement
        self.max_shift = max_shift
        self.min_frames = min_frames
        check_fields(self, AUDIT_RULES)
        loaded = load_expert(expert)
        self._sha256 = loaded.sha256
        self._size = int(loaded.config.get("image_size", IMAGE_SIZE))
        self._network = loaded.network.to(torch_device(device))
        self._expert = expert
        self._crops: str | None = None if self.needs_landmarks else loaded.metadata.get("face_crop")

    @property
    def needs_landmarks(self) -> bool:
        """Whether only clips with landmarks can be measured."""
        return isinstance(self._network, MeshSyncNet)

    def require_crops(self, kind: str) -> None:
        """Check that the expert knows clips whose faces are cut out as `kind` (see `CropKind`).

        Raises:
            InputError: it was trained on others.
        """
        if self._crops not in (None, kind):
            raise InputError(
                f"{self._expert}: is an expert for {self._crops} crops, but the clips have {kind} ones; "
                f"audit them with bundled:mesh_expert, or preprocess with clip.face_crop={self._crops}"
            )

    def measure(self, folder: Path, row: ManifestRow) -> ClipOffset | None:
        """Measure a clip's offset, or read it from `folder/audit` if an earlier run has measured it.

        Raises:
            InputError: the clip cannot be read, or the expert cannot measure such clips.
        """
        path = folder / row.clip
        try:
            status = path.stat()
        except OSError as error:
            raise InputError(
                f"{path}: cannot be read ({error.strerror}); remove its row from {MANIFEST}"
            ) from error
        parts = (self._sha256, row.clip, status.st_size, status.st_mtime_ns)
        key = hashlib.sha256(json.dumps(parts).encode()).hexdigest()
        cached = folder / CACHE / f"{path.stem}.json"
        try:
            content = json.loads(cached.read_text())
            if content["key"] == key:
                return _parse_measured(content["measured"])
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            pass  # missing, incomplete or of another program: measure again
        measured = self._measure(ClipFile(path))
        content = {"key": key, "measured": measured._asdict() if measured else None}
        write_atomically(cached, json.dumps(content).encode())
        return measured

    def _measure(self, file: ClipFile) -> ClipOffset | None:
        if isinstance(self._network, MeshSyncNet):
            return measure_mesh(file, self._network)
        self.require_crops(file.face_crop)
        return measure_clip(file, self._network, self._size)

    def audit(self, folder: Path, row: ManifestRow) -> AuditResult:
        """Measure one clip of the manifest in `folder` and decide on it."""
        measured = self.measure(folder, row)
        if measured is None:
            unmeasured = replace(row, av_offset=None, offset_agreement=None, sign_agreement=None)
            return AuditResult(row, None, unmeasured)
        offset = measured.av_offset
        updated = replace(
            row,
            av_offset=offset,
            offset_agreement=round(measured.agreement, 3),
            sign_agreement=round(measured.sign_agreement, 3),
        )
        if not self.fix:
            return AuditResult(row, measured, updated)
        if measured.agreement < self.min_agreement:
            reason = (
                f"no sync found (offset_agreement {measured.agreement:.2f} < {self.min_agreement:g}): "
                "dubbed, off screen, or too short for this expert"
            )
            return AuditResult(row, measured, None, reason)
        if abs(offset) > self.max_shift:
            reason = f"av_offset {offset:+d} frames, beyond {self.max_shift}"
            return AuditResult(row, measured, None, reason)
        if offset == 0 or measured.sign_agreement < self.min_agreement:
            return AuditResult(row, measured, updated)
        if frames_left(row.frames, row.fps, offset) < self.min_frames:
            reason = f"av_offset {offset:+d} frames, too short once shifted"
            return AuditResult(row, measured, None, reason)
        shifted = shift_clip(folder, updated, offset)
        return AuditResult(row, measured, shifted, f"sound shifted by {offset:+d} frames")

    def __call__(self, folder: Path, rows: Iterable[ManifestRow]) -> list[ManifestRow]:
        """Audit clips, write the report under `folder` and print a summary.

        Returns:
            The rows to keep.

        Raises:
            InputError: every clip was rejected, or none has the landmarks that the expert needs.
        """
        ordered = sorted(rows, key=lambda row: row.clip)
        if self.needs_landmarks and not any(row.mar_low is not None for row in ordered):
            raise InputError(
                f"{folder}: its clips have no landmarks; preprocess with clip.landmarks=true, or audit with "
                "bundled:expert"
            )
        results = [self.audit(folder, row) for row in track(ordered, description="audit ")]
        write_report(folder, results, self.min_agreement)
        print(summary(results))
        kept = [result.kept for result in results if result.kept]
        if not kept:
            raise InputError(f"{folder}: the audit rejected every clip; see rejected.csv there")
        return kept


def audit_folder(folder: Path, auditor: SyncAuditor) -> list[ManifestRow]:
    """Audit the clips of an existing manifest and update it.

    Returns:
        The rows of the new manifest.

    Raises:
        InputError: there is no manifest, a clip cannot be read, or every clip was rejected.
    """
    rows = auditor(folder, read_manifest(folder))
    write_manifest(folder / MANIFEST, rows)
    return rows
