"""One video to clip files: one decode, faces tracked, crops and mel written."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import numpy as np
import numpy.typing as npt

from wav2lip.clips import ManifestRow, encode_crop, write_clip
from wav2lip.errors import InputError
from wav2lip.faces.boxes import widen_box
from wav2lip.faces.crops import crop_face
from wav2lip.faces.detectors import Detector
from wav2lip.faces.tracking import track_faces
from wav2lip.media.alignment import CLOCK, mel_start
from wav2lip.media.audio import load_wav
from wav2lip.media.mel import mel_spectrogram
from wav2lip.media.pcm import to_pcm
from wav2lip.media.video import Frame, read_frames
from wav2lip.preprocessing.measures import loudness, lower_half_sharpness
from wav2lip.types import MEL_RATE, MEL_WINDOW, SAMPLE_RATE

MAX_STEP = 25  # frames; a clip starts on a whole mel column, which must not cost more than this

Sound = npt.NDArray[np.float32]


@dataclass(frozen=True)
class ClipSettings:
    """How crops are cut: rate (frames/s), face size (px), margin (share of the face's side).

    InputError for a value that makes no clips.
    """

    fps: float = 25.0
    image_size: int = 96
    pad: float = 0.125
    min_frames: int = 15  # frames; shorter tracks hold too few windows to learn from
    detect_every: int = 5  # frames between detections; the tracker fills in
    faces: str | int = "largest"

    def __post_init__(self) -> None:
        if self.fps <= 0 or self.image_size < 1 or self.pad < 0 or self.min_frames < 1:
            raise InputError(
                f"{self}: fps, image_size and min_frames must be above 0, pad not below"
            )
        if self.start_step > MAX_STEP:
            raise InputError(
                f"clip.fps={self.fps:g}: its frames and the sound's columns meet too rarely; take 25 or 30"
            )

    @property
    def start_step(self) -> int:
        """Frames after which a frame starts on a whole mel column again: 5 (16 columns) at 25 fps."""
        return (MEL_RATE / Fraction(self.fps).limit_denominator(1001)).denominator

    @property
    def crop_size(self) -> int:
        """Side of the stored crop, px: the face plus its margin."""
        return round(self.image_size * (1 + 2 * self.pad))


@dataclass(frozen=True)
class Video:
    """One input: the file, its name in the manifest, who speaks, and which split they belong to."""

    path: Path
    source: str
    speaker: str
    split: str


@dataclass
class FaceTrack:
    """One face through consecutive frames of the retimed video."""

    indices: list[int] = field(default_factory=list)
    boxes: list[npt.NDArray[np.float32]] = field(default_factory=list)
    crops: list[bytes] = field(default_factory=list)
    sharpness: list[float] = field(default_factory=list)

    def add(self, frame: Frame, box: npt.NDArray[np.float32], settings: ClipSettings) -> None:
        """Cut the face out of one more frame."""
        crop = crop_face(frame.image, widen_box(box, settings.pad), settings.crop_size)
        self.indices.append(frame.index)
        self.boxes.append(box)
        self.crops.append(encode_crop(crop))
        self.sharpness.append(lower_half_sharpness(crop))

    def part(self, a: int, b: int) -> "FaceTrack":
        """Positions a to b - 1."""
        columns = (self.indices, self.boxes, self.crops, self.sharpness)
        return FaceTrack(*(column[a:b] for column in columns))  # type: ignore[arg-type]

    def runs(self) -> Iterator[tuple[int, int]]:
        """Positions [a, b) of unbroken runs of frames."""
        start = 0
        for position in range(1, len(self.indices) + 1):
            ends = position == len(self.indices)
            if ends or self.indices[position] != self.indices[position - 1] + 1:
                yield start, position
                start = position


def retimed(frames: Iterable[Frame], fps: float) -> Iterator[Frame]:
    """Frames at a constant rate: at each tick k/fps the frame on show, by presentation time.

    A frame shown for several ticks is repeated, one shown for none is dropped.
    """
    tick = 0
    shown: Frame | None = None
    for frame in frames:
        while shown is not None and tick / fps < frame.time - CLOCK:
            yield Frame(shown.image, tick / fps, tick)
            tick += 1
        shown = frame
    if shown is not None:  # the last frame's own duration is not known here: one tick
        yield Frame(shown.image, tick / fps, tick)


def _collect(
    path: Path, detector: Detector, settings: ClipSettings
) -> tuple[dict[tuple[int, int], FaceTrack], int]:
    tracks: dict[tuple[int, int], FaceTrack] = {}
    total = 0
    stream = track_faces(
        retimed(read_frames(path), settings.fps),
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
    """A file-name stem for a source path: readable, and unique by a hash of the whole path."""
    digest = hashlib.sha256(source.encode()).hexdigest()[:8]
    stem = "".join(c if c.isalnum() or c in "-_" else "_" for c in Path(source).stem)
    return f"{stem[:60]}-{digest}"


def _spans(track: FaceTrack, seconds: float, settings: ClipSettings) -> Iterator[FaceTrack]:
    """The parts of a track that become clips: unbroken, on a whole mel column, with sound, long enough."""
    for a, b in track.runs():
        a += -track.indices[a] % settings.start_step
        if a < b:
            # A frame without its sound teaches nothing: cut where the sound ends.
            heard = int(seconds * settings.fps + 1e-6) - track.indices[a]
            b = min(b, a + heard)
        if b - a >= settings.min_frames:
            yield track.part(a, b)


def _write(
    path: Path, source: str, track: FaceTrack, settings: ClipSettings, wav: Sound, mel: Sound
) -> Sound:
    """Write one clip file; returns its sound, (S,) at 16 kHz."""
    times = np.asarray(track.indices) / settings.fps
    seconds = len(times) / settings.fps
    column = mel_start(float(times[0]))
    columns = (
        round(seconds * MEL_RATE) + MEL_WINDOW
    )  # the last frame's window reaches past the clip
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
    wav: Sound,
    settings: ClipSettings,
) -> list[ManifestRow]:
    """Write the tracks of a video of `total` frames with its sound (S,); return their manifest rows.

    InputError when no track has `min_frames` frames with sound.
    """
    mel = mel_spectrogram(wav).T
    seconds = len(wav) / SAMPLE_RATE
    rows: list[ManifestRow] = []
    for part in (p for track in tracks for p in _spans(track, seconds, settings)):
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
            "lower clip.min_frames or remove it"
        )
    return rows


def video_to_clips(
    video: Video, folder: Path, detector: Detector, settings: ClipSettings
) -> list[ManifestRow]:
    """Write one clip file a face track of `video` under `folder/clips`; return their manifest rows.

    InputError when there is no sound, no face, or no track of `min_frames` frames.
    """
    wav = load_wav(video.path)
    tracks, total = _collect(video.path, detector, settings)
    if not tracks:
        raise InputError(f"{video.path}: no face in any of its {total} frames; remove it")
    return tracks_to_clips(video, folder, tracks.values(), total, wav, settings)
