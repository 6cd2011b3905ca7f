"""From one video to clip files: decode it once, track faces, write crops and mel."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from wav2lip.clips import ManifestRow, encode_crop, write_clip
from wav2lip.errors import InputError
from wav2lip.faces.boxes import widen_box
from wav2lip.faces.crops import crop_face
from wav2lip.faces.detectors import Detector
from wav2lip.faces.tracking import track_faces
from wav2lip.media.alignment import column_count, mel_start
from wav2lip.media.audio import load_wav
from wav2lip.media.frame import Frame
from wav2lip.media.mel import mel_spectrogram
from wav2lip.media.pcm import to_pcm
from wav2lip.media.video import read_frames
from wav2lip.preprocessing.measures import loudness, lower_half_sharpness
from wav2lip.preprocessing.retiming import retime_frames
from wav2lip.preprocessing.settings import ClipSettings
from wav2lip.types import MEL_WINDOW, SAMPLE_RATE, Box, Mel, Wav

ROUNDING = 1e-6  # frames


@dataclass(frozen=True)
class Video:
    """One input.

    Attributes:
        path: a video file or a frame folder.
        source: its name in the manifest.
        speaker: name of the speaker.
        split: train, val or test.
    """

    path: Path
    source: str
    speaker: str
    split: str


@dataclass
class FaceTrack:
    """One face in frames of the retimed video.

    Attributes:
        indices: frame numbers, increasing.
        boxes: face boxes (4,) in the source frames, pixels.
        crops: crops as JPEG.
        sharpness: sharpness of each crop; see `lower_half_sharpness`.
    """

    indices: list[int] = field(default_factory=list)
    boxes: list[Box] = field(default_factory=list)
    crops: list[bytes] = field(default_factory=list)
    sharpness: list[float] = field(default_factory=list)

    def add(self, frame: Frame, box: Box, settings: ClipSettings) -> None:
        """Append the face in one more frame."""
        crop = crop_face(frame.image, widen_box(box, settings.pad), settings.crop_size)
        self.indices.append(frame.index)
        self.boxes.append(box)
        self.crops.append(encode_crop(crop))
        self.sharpness.append(lower_half_sharpness(crop))

    def part(self, a: int, b: int) -> "FaceTrack":
        """Return positions a to b - 1."""
        columns = (self.indices, self.boxes, self.crops, self.sharpness)
        return FaceTrack(*(column[a:b] for column in columns))  # type: ignore[arg-type]

    def runs(self) -> Iterator[tuple[int, int]]:
        """Yield positions [a, b) of runs of consecutive frames."""
        start = 0
        for position in range(1, len(self.indices) + 1):
            ends = position == len(self.indices)
            if ends or self.indices[position] != self.indices[position - 1] + 1:
                yield start, position
                start = position


def _track_video(
    path: Path, detector: Detector, settings: ClipSettings, problems: list[str]
) -> tuple[dict[tuple[int, int], FaceTrack], int]:
    tracks: dict[tuple[int, int], FaceTrack] = {}
    total = 0
    stream = track_faces(
        retime_frames(read_frames(path, problems), settings.fps),
        detector,
        stride=settings.detect_every,
        faces=settings.faces,
    )
    for tracked in stream:
        total += 1
        for face in tracked.faces:
            track = tracks.setdefault((tracked.shot, face.track), FaceTrack())
            track.add(tracked.frame, face.box, settings)
    return tracks, total


def clip_name(source: str) -> str:
    """Derive a file-name stem from a source path: readable, and unique by a hash of the whole path."""
    digest = hashlib.sha256(source.encode()).hexdigest()[:8]
    stem = "".join(c if c.isalnum() or c in "-_" else "_" for c in Path(source).stem)
    return f"{stem[:60]}-{digest}"


def _usable_parts(track: FaceTrack, seconds: float, settings: ClipSettings) -> Iterator[FaceTrack]:
    """Yield the parts of a track that become clips.

    A part has consecutive frames, starts on a whole mel column, has sound and is long enough.
    """
    for a, b in track.runs():
        a += -track.indices[a] % settings.start_step
        if a < b:
            # Frames without sound are useless for training: end where the sound ends.
            audio_frames = int(seconds * settings.fps + ROUNDING) - track.indices[a]
            b = min(b, a + audio_frames)
        if b - a >= settings.min_frames:
            yield track.part(a, b)


def _write(
    path: Path, source: str, track: FaceTrack, settings: ClipSettings, wav: Wav, mel: Mel
) -> Wav:
    """Write one clip file and return its audio (S,) at 16 kHz; `mel` is (M, 80)."""
    times = np.asarray(track.indices) / settings.fps
    seconds = len(times) / settings.fps
    column = mel_start(float(times[0]))
    # The last frame's window reaches past the clip.
    columns = column_count(seconds) + MEL_WINDOW
    sound = wav[round(times[0] * SAMPLE_RATE) : round((times[0] + seconds) * SAMPLE_RATE)]
    metadata = {
        "source": source,
        "fps": settings.fps,
        "crop_size": settings.crop_size,
        "pad": settings.pad,
    }
    pcm = to_pcm(sound)
    part = mel[column : column + columns]
    write_clip(path, track.crops, np.stack(track.boxes), times, part, pcm, metadata)
    return sound


def tracks_to_clips(
    video: Video,
    folder: Path,
    tracks: Iterable[FaceTrack],
    total: int,
    wav: Wav,
    settings: ClipSettings,
) -> list[ManifestRow]:
    """Write the face tracks of a video as clip files.

    Args:
        video: the input.
        folder: output; the files are written to `folder/clips`.
        tracks: face tracks.
        total: number of frames of the retimed video.
        wav: (S,) audio of the video at 16 kHz.
        settings: crop settings.

    Returns:
        The manifest rows.

    Raises:
        InputError: no track has `min_frames` frames with sound.
    """
    mel = mel_spectrogram(wav).T
    seconds = len(wav) / SAMPLE_RATE
    rows: list[ManifestRow] = []
    for part in (p for track in tracks for p in _usable_parts(track, seconds, settings)):
        name = f"clips/{clip_name(video.source)}-{len(rows):02d}.safetensors"
        sound = _write(folder / name, video.source, part, settings, wav, mel)
        boxes = np.stack(part.boxes)
        row = ManifestRow(
            clip=name,
            source=video.source,
            speaker=video.speaker,
            split=video.split,
            track=len(rows),
            start=round(part.indices[0] / settings.fps, 3),
            frames=len(boxes),
            fps=settings.fps,
            face=round(float(np.median((boxes[:, 2:] - boxes[:, :2]).mean(1))), 1),
            coverage=round(len(boxes) / total, 3),
            sharpness=round(float(np.median(part.sharpness)), 1),
            loudness=round(loudness(sound), 1),
        )
        rows.append(row)
    if not rows:
        raise InputError(
            f"{video.path}: no face track of {settings.min_frames} frames with sound; "
            "lower min_frames or remove the video"
        )
    return rows


def video_to_clips(
    video: Video,
    folder: Path,
    detector: Detector,
    settings: ClipSettings,
    problems: list[str] | None = None,
) -> list[ManifestRow]:
    """Write one clip file per face track of a video.

    Args:
        video: the input.
        folder: output; the files are written to `folder/clips`.
        detector: face detector.
        settings: crop settings.
        problems: receives one line per kind of damage of the video.

    Returns:
        The manifest rows.

    Raises:
        InputError: there is no sound, no face, or no track of `min_frames` frames.
    """
    problems = [] if problems is None else problems
    wav = load_wav(video.path, problems=problems)
    tracks, total = _track_video(video.path, detector, settings, problems)
    if not tracks:
        raise InputError(f"{video.path}: no face in any of its {total} frames; remove the video")
    return tracks_to_clips(video, folder, tracks.values(), total, wav, settings)
