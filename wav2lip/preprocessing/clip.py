"""One video to clip files: one decode, faces tracked, crops and mel written."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from wav2lip.clips import ManifestRow, encode_crop, write_clip
from wav2lip.errors import InputError
from wav2lip.faces.crops import crop_face
from wav2lip.faces.detectors import Detector
from wav2lip.faces.tracks import track_faces
from wav2lip.media.alignment import MEL_STEP, mel_start
from wav2lip.media.audio import MEL_RATE, SAMPLE_RATE, load_wav, mel_spectrogram
from wav2lip.media.video import Frame, read_frames

SHARPNESS_SIZE = 96  # px, so that sharpness compares between clips of any size
START_MULTIPLE = (
    5  # frames; at 25 fps 5 frames are 16 mel columns, so a clip starts on a whole column
)


@dataclass(frozen=True)
class ClipSettings:
    """How crops are cut: rate (frames/s), face size (px), margin (share of the face's side)."""

    fps: float = 25.0
    image_size: int = 96
    pad: float = 0.125
    min_frames: int = 15  # frames; shorter tracks hold too few windows to learn from
    detect_every: int = 5  # frames between detections; the tracker fills in
    faces: str = "largest"

    @property
    def crop_size(self) -> int:
        """Side of the stored crop, px: the face plus its margin."""
        return round(self.image_size * (1 + 2 * self.pad))


@dataclass
class _Track:
    indices: list[int] = field(default_factory=list)
    boxes: list[npt.NDArray[np.float32]] = field(default_factory=list)
    crops: list[bytes] = field(default_factory=list)
    sharpness: list[float] = field(default_factory=list)


def retimed(frames: Iterable[Frame], fps: float) -> Iterator[Frame]:
    """Frames at a constant rate: at each tick k/fps the frame on show, by presentation time.

    A frame shown for several ticks is repeated, one shown for none is dropped.
    """
    tick = 0
    shown: Frame | None = None
    for frame in frames:
        while shown is not None and tick / fps < frame.time - 1e-6:
            yield Frame(image=shown.image, time=tick / fps, index=tick)
            tick += 1
        shown = frame
    if shown is not None:  # the last frame's own duration is not known here: one tick
        yield Frame(image=shown.image, time=tick / fps, index=tick)


def widen(box: npt.NDArray[np.float32], pad: float) -> npt.NDArray[np.float32]:
    """Box (4,) grown by `pad` of its width and height on every side."""
    margin = pad * (box[2:] - box[:2])
    return np.concatenate([box[:2] - margin, box[2:] + margin]).astype(np.float32)


def lower_half_sharpness(crop: npt.NDArray[np.uint8]) -> float:
    """Variance of the Laplacian of the lower half, at a fixed size."""
    grey = cv2.cvtColor(cv2.resize(crop, (SHARPNESS_SIZE, SHARPNESS_SIZE)), cv2.COLOR_BGR2GRAY)
    return float(cv2.Laplacian(grey[SHARPNESS_SIZE // 2 :], cv2.CV_64F).var())


def loudness(wav: npt.NDArray[np.float32]) -> float:
    """Root mean square level in dBFS, -100 for silence."""
    return float(20 * np.log10(max(1e-5, float(np.sqrt(np.mean(wav**2))) if len(wav) else 0.0)))


def _collect(
    path: Path, detector: Detector, settings: ClipSettings
) -> tuple[dict[tuple[int, int], _Track], int]:
    tracks: dict[tuple[int, int], _Track] = {}
    total = 0
    stream = track_faces(
        retimed(read_frames(path), settings.fps),
        detector,
        stride=settings.detect_every,
        faces=settings.faces,
    )
    for frame, boxes in stream:
        total += 1
        for tracked in boxes:
            track = tracks.setdefault((tracked.shot, tracked.track), _Track())
            crop = crop_face(frame.image, widen(tracked.box, settings.pad), settings.crop_size)
            track.indices.append(frame.index)
            track.boxes.append(tracked.box)
            track.crops.append(encode_crop(crop))
            track.sharpness.append(lower_half_sharpness(crop))
    return tracks, total


def _runs(indices: list[int]) -> Iterator[tuple[int, int]]:
    """Positions [a, b) of unbroken runs of frame indices."""
    start = 0
    for position in range(1, len(indices) + 1):
        if position == len(indices) or indices[position] != indices[position - 1] + 1:
            yield start, position
            start = position


def clip_name(source: str) -> str:
    """A file-name stem for a source path: readable, and unique by a hash of the whole path."""
    digest = hashlib.sha256(source.encode()).hexdigest()[:8]
    stem = "".join(c if c.isalnum() or c in "-_" else "_" for c in Path(source).stem)
    return f"{stem[:60]}-{digest}"


def video_to_clips(
    path: Path,
    source: str,
    folder: Path,
    detector: Detector,
    settings: ClipSettings,
    speaker: str,
    split: str,
) -> list[ManifestRow]:
    """Write one clip file a face track of `path` under `folder/clips`; return their manifest rows.

    InputError when there is no sound, no face, or no track of `min_frames` frames.
    """
    wav = load_wav(path)
    mel = mel_spectrogram(wav).T
    tracks, total = _collect(path, detector, settings)
    if not tracks:
        raise InputError(f"{path}: no face in any of its {total} frames; remove it from the input")
    rows: list[ManifestRow] = []
    for track in tracks.values():
        for a, b in _runs(track.indices):
            a += -track.indices[a] % START_MULTIPLE
            start = track.indices[a] / settings.fps if a < b else 0.0
            # A frame without its full mel window teaches nothing: cut where the sound ends.
            heard = int((len(wav) / SAMPLE_RATE - start) * settings.fps + 1e-6)
            b = min(b, a + heard)
            if b - a < settings.min_frames:
                continue
            rows.append(
                _write(
                    path,
                    source,
                    folder,
                    settings,
                    speaker,
                    split,
                    track,
                    a,
                    b,
                    wav,
                    mel,
                    total,
                    len(rows),
                )
            )
    if not rows:
        raise InputError(
            f"{path}: no face track of {settings.min_frames} frames with sound; lower min_frames or remove it"
        )
    return rows


def _write(
    path: Path,
    source: str,
    folder: Path,
    settings: ClipSettings,
    speaker: str,
    split: str,
    track: _Track,
    a: int,
    b: int,
    wav: npt.NDArray[np.float32],
    mel: npt.NDArray[np.float32],
    total: int,
    number: int,
) -> ManifestRow:
    times = np.asarray(track.indices[a:b]) / settings.fps
    boxes = np.stack(track.boxes[a:b])
    column = mel_start(float(times[0]))
    columns = round((b - a) / settings.fps * MEL_RATE) + MEL_STEP
    sound = wav[
        round(times[0] * SAMPLE_RATE) : round((times[0] + (b - a) / settings.fps) * SAMPLE_RATE)
    ]
    clip = f"clips/{clip_name(source)}-{number:02d}.safetensors"
    write_clip(
        folder / clip,
        track.crops[a:b],
        boxes,
        times,
        mel[column : column + columns],
        (np.clip(sound, -1, 1) * 32767).astype(np.int16),
        {
            "source": source,
            "fps": settings.fps,
            "crop_size": settings.crop_size,
            "pad": settings.pad,
        },
    )
    return ManifestRow(
        clip=clip,
        source=source,
        speaker=speaker,
        split=split,
        track=number,
        start=round(float(times[0]), 3),
        frames=b - a,
        fps=settings.fps,
        face=round(float(np.median((boxes[:, 2:] - boxes[:, :2]).mean(1))), 1),
        coverage=round((b - a) / max(total, 1), 3),
        sharpness=round(float(np.median(track.sharpness[a:b])), 1),
        loudness=round(loudness(sound), 1),
    )
