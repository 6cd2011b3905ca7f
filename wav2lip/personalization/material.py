"""From videos of one person to clips that a generator can be tuned on; or one line that says what to film."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from wav2lip.clips import ClipFile, ManifestRow
from wav2lip.data.clip_dataset import Clip
from wav2lip.errors import InputError
from wav2lip.faces.detectors import resolve_detector
from wav2lip.metrics.pause_motion import speech_and_pauses
from wav2lip.preprocessing.audit import SyncAuditor
from wav2lip.preprocessing.clip import Video
from wav2lip.preprocessing.jobs import Outcome, VideoJob, run_job
from wav2lip.preprocessing.settings import ClipSettings
from wav2lip.utils.text import printable

READ_SECONDS = 180.0  # of all videos together; reading takes a third of the time of tuning
LEAST_SPEECH = 4.0  # seconds
IMAGE_SIZE = 192  # px, side of a face; the mouth of such a face fills the patch that is drawn
ALIKE = 0.5  # size of a second face that counts as a second person, against the first
TOGETHER = 1.0  # seconds for which it is in the picture with the first
FILM = "film one person alone who talks to the camera for a minute, sound and picture recorded together"


@dataclass(frozen=True)
class Material:
    """What was found in the videos.

    Attributes:
        clips: of one person, in sync, in order of time.
        seconds: of all clips.
        speech: seconds with speech.
        remarks: what was left out, one line each.
    """

    clips: Sequence[Clip]
    seconds: float
    speech: float
    remarks: Sequence[str] = ()


def speech_seconds(file: ClipFile) -> float:
    """Return for how long somebody speaks in a clip."""
    speech, _ = speech_and_pauses(file.pcm(), file.frames)
    return float(speech.sum()) / file.fps


def _reason(outcome: Outcome) -> str:
    """Return why a video gave no clip, without what a corpus would do about it."""
    return outcome.reason.partition(";")[0]


def _together(rows: Sequence[ManifestRow]) -> bool:
    """Tell whether two faces of about the same size are in the picture at the same time."""
    for number, one in enumerate(rows):
        for other in rows[:number]:
            start = max(one.start, other.start)
            end = min(r.start + r.frames / r.fps for r in (one, other))
            if one.source == other.source and end - start > TOGETHER:
                return True
    return False


def one_person(rows: Sequence[ManifestRow], videos: Sequence[Path]) -> list[ManifestRow]:
    """Keep the clips of the largest face.

    Args:
        rows: of all faces.
        videos: where they come from, for the message.

    Raises:
        InputError: two faces of about the same size are in the picture together.
    """
    largest = max(row.face for row in rows)
    kept = [row for row in rows if row.face >= ALIKE * largest]
    if _together(kept):
        names = ", ".join(str(video) for video in videos)
        raise InputError(f"{names}: two people are in the picture together; {FILM}")
    return kept


def _in_sync(folder: Path, rows: Sequence[ManifestRow]) -> tuple[list[ManifestRow], list[str]]:
    """Shift the sound of clips to where it fits. Returns the rows, and why others were left out."""
    auditor = SyncAuditor("bundled:judge", fix=True, device="cpu")
    results = [auditor.audit(folder, row) for row in rows]
    kept = [result.kept for result in results if result.kept is not None]
    return kept, [result.reason for result in results if result.kept is None]


def film_material(
    videos: Sequence[Path],
    folder: Path,
    progress: Callable[[str, float, float], None] | None = None,
) -> Material:
    """Find the clips of one person in videos.

    Args:
        videos: at least one. Of long ones the beginning is read, `READ_SECONDS` in all.
        folder: temporary, for the clip files.
        progress: told the stage, and how much of how much is done.

    Raises:
        InputError: nothing can be learned from the videos; the line says what to film.
    """
    settings = ClipSettings(image_size=IMAGE_SIZE, faces=2)
    detector = resolve_detector("auto", None, "cpu")
    each = READ_SECONDS / len(videos)
    rows: list[ManifestRow] = []
    remarks: list[str] = []
    for number, path in enumerate(videos):
        if progress is not None:
            progress("reading", number, len(videos))
        video = Video(path, printable(str(path)), "person", "train", each)
        outcome = run_job(VideoJob(video, folder, detector, None, settings))
        rows += outcome.rows
        if outcome.reason:
            remarks.append(_reason(outcome))
    if not rows:
        raise InputError(f"{remarks[0]}; {FILM}")
    rows = one_person(rows, videos)
    if progress is not None:
        progress("checking the sync", 0, 0)
    kept, unfit = _in_sync(folder, rows)
    if not kept:
        raise InputError(f"{videos[0]}: sound and mouth do not fit: {unfit[0]}; {FILM}")
    return material_of([Clip(folder / row.clip, row) for row in kept], [*remarks, *unfit])


def material_of(clips: Sequence[Clip], remarks: Sequence[str] = ()) -> Material:
    """Check that clips of one person hold enough speech.

    Args:
        clips: with landmarks, in sync.
        remarks: what was left out before.

    Raises:
        InputError: too little speech.
    """
    ordered = sorted(clips, key=lambda clip: (clip.row.source, clip.row.start))
    files = [ClipFile(clip.path) for clip in ordered]
    speech = float(np.sum([speech_seconds(file) for file in files]))
    if speech < LEAST_SPEECH:
        raise InputError(
            f"{ordered[0].row.source}: {speech:.1f} s of speech with a face are too few, the least is "
            f"{LEAST_SPEECH:g} s; {FILM}"
        )
    seconds = sum(clip.row.frames / clip.row.fps for clip in ordered)
    return Material(ordered, seconds, speech, remarks)
