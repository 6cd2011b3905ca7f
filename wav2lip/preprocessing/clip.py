"""From one video to clip files: decode it once, track faces, write crops and mel."""

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path

import numpy as np

from wav2lip.clips import ManifestRow, write_clip
from wav2lip.errors import InputError
from wav2lip.faces.crop_tracking import track_crops
from wav2lip.faces.detectors import Detector
from wav2lip.faces.landmark_tracking import smooth_landmarks, track_landmarks
from wav2lip.media.alignment import column_count, mel_start
from wav2lip.media.audio import load_wav
from wav2lip.media.mel import mel_spectrogram
from wav2lip.media.pcm import to_pcm
from wav2lip.media.video import read_frames
from wav2lip.preprocessing.dropped import Dropped, FrameLog, find_dropped
from wav2lip.preprocessing.face_track import FaceTrack
from wav2lip.preprocessing.measures import head_columns, loudness
from wav2lip.preprocessing.retiming import retime_frames
from wav2lip.preprocessing.settings import ClipSettings
from wav2lip.types import MEL_WINDOW, SAMPLE_RATE, Mel, Wav


@dataclass(frozen=True)
class Video:
    """One input.

    Attributes:
        path: a video file or a frame folder.
        source: its name in the manifest.
        speaker: name of the speaker.
        split: train, val or test.
        seconds: how much of it is read, from the start.
    """

    path: Path
    source: str
    speaker: str
    split: str
    seconds: float = math.inf


def _track_video(
    video: Video, detector: Detector, settings: ClipSettings, problems: list[str]
) -> tuple[list[FaceTrack], FrameLog]:
    tracks: dict[tuple[int, int], FaceTrack] = {}
    log = FrameLog()
    frames = takewhile(lambda frame: frame.time < video.seconds, read_frames(video.path, problems))
    stream = track_crops(
        retime_frames(frames, settings.fps),
        detector,
        settings.face_crop,
        stride=settings.detect_every,
        faces=settings.faces,
    )
    if settings.face_crop == "aligned":
        stream = smooth_landmarks(stream)  # which it has
    elif settings.landmarks:
        stream = track_landmarks(stream)
    for tracked in stream:
        log.add(tracked)
        for face in tracked.faces:
            track = tracks.setdefault((tracked.shot, face.track), FaceTrack())
            track.add(tracked.frame, face, settings)
    return list(tracks.values()), log


def clip_name(source: str) -> str:
    """Derive a file-name stem from a source path: readable, and unique by a hash of the whole path."""
    digest = hashlib.sha256(source.encode()).hexdigest()[:16]
    stem = "".join(c if c.isalnum() or c in "-_" else "_" for c in Path(source).stem)
    return f"{stem[:60]}-{digest}"


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
        "face_crop": settings.face_crop,
    }
    write_clip(
        path,
        track.crops,
        np.stack(track.boxes),
        times,
        mel[column : column + columns],
        to_pcm(sound),
        metadata,
        roll=np.array(track.rolls, np.float32) if settings.face_crop == "aligned" else None,
        landmarks=track.landmark_table(),
    )
    return sound


def tracks_to_clips(
    video: Video,
    folder: Path,
    tracks: Sequence[FaceTrack],
    log: FrameLog,
    wav: Wav,
    settings: ClipSettings,
    dropped: list[Dropped] | None = None,
) -> list[ManifestRow]:
    """Write the face tracks of a video as clip files.

    Args:
        video: the input.
        folder: output; the files are written to `folder/clips`.
        tracks: face tracks.
        log: what was found in each frame of the retimed video.
        wav: (S,) audio of the video at 16 kHz.
        settings: crop settings.
        dropped: receives the stretches that are in no clip.

    Returns:
        The manifest rows.

    Raises:
        InputError: no track has `min_frames` frames with sound.
    """
    mel = mel_spectrogram(wav).T
    seconds = len(wav) / SAMPLE_RATE
    if dropped is not None:
        dropped += find_dropped(tracks, log, seconds, settings)
    rows: list[ManifestRow] = []
    for part in (p for track in tracks for p in track.parts(seconds, settings)):
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
            coverage=round(len(boxes) / len(log.shots), 3),
            sharpness=round(float(np.median(part.sharpness)), 1),
            loudness=round(loudness(sound), 1),
            **head_columns(part.heads),
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
    dropped: list[Dropped] | None = None,
) -> list[ManifestRow]:
    """Write one clip file per face track of a video.

    Args:
        video: the input.
        folder: output; the files are written to `folder/clips`.
        detector: face detector.
        settings: crop settings.
        problems: receives one line per kind of damage of the video.
        dropped: receives the stretches that are in no clip.

    Returns:
        The manifest rows.

    Raises:
        InputError: there is no sound, no face, or no track of `min_frames` frames.
    """
    problems = [] if problems is None else problems
    wav = load_wav(video.path, problems=problems)
    tracks, log = _track_video(video, detector, settings, problems)
    if not tracks:
        total = len(log.shots)
        raise InputError(f"{video.path}: no face in any of its {total} frames; remove the video")
    return tracks_to_clips(video, folder, tracks, log, wav, settings, dropped)
