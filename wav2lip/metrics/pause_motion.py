"""Pause motion ratio: how much the mouth moves while nothing is said."""

import numpy as np
from numpy.typing import NDArray

from wav2lip.media.pauses import LOUD_PERCENTILE, SILENT_BELOW, runs
from wav2lip.media.pcm import from_pcm
from wav2lip.metrics.mouth_motion import mouth_changes
from wav2lip.types import SAMPLES_PER_FRAME, Image, Pcm

FLOOR = -60.0  # dB of full scale; a clip whose loud frames are below holds no speech
MARGIN = 4  # frames at either end of a pause, in which real mouths still close or already open
MIN_PAUSE = 2 * MARGIN + 2  # frames, 0.4 s; a shorter pause has no inside
MIN_CHANGES = 5  # changes in pauses, 0.2 s in all; fewer measure the alignment of the head
PATTERNS = 3  # principal components of the motion in speech that count
MIN_MOTION = (
    0.5  # grey levels (norm over 144 cells); a mouth with less motion in speech stands still
)


def frame_levels(pcm: Pcm, count: int) -> NDArray[np.float64]:
    """Level of the sound (N,) under each of `count` frames at 25 fps -> (count,) dB of full scale."""
    sound = np.zeros(count * SAMPLES_PER_FRAME)
    used = min(len(pcm), len(sound))
    sound[:used] = from_pcm(pcm[:used])
    power = (sound.reshape(count, SAMPLES_PER_FRAME) ** 2).mean(1)
    return np.asarray(10 * np.log10(np.maximum(power, 1e-12)))


def speech_and_pauses(pcm: Pcm, count: int) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Classify frames by their sound.

    Args:
        pcm: (N,) at 16 kHz.
        count: number of frames at 25 fps.

    Returns:
        (count,) frames with speech, and (count,) frames well inside a pause. Frames in short silences and at the
        ends of a pause are neither.
    """
    levels = frame_levels(pcm, count)
    loud = float(np.percentile(levels, LOUD_PERCENTILE))
    pauses = np.zeros(count, np.bool_)
    if loud < FLOOR:
        return pauses.copy(), np.ones(count, np.bool_)
    quiet = levels < loud - SILENT_BELOW
    for start, stop in runs(quiet):
        if stop - start >= MIN_PAUSE:
            pauses[start + MARGIN : stop - MARGIN] = True
    return ~quiet, pauses


def mouth_speeds(faces: Image, pcm: Pcm) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
    """Mouth motion from frame to frame, in speech and in pauses.

    Motion is the change from frame to frame after aligning the head (`mouth_changes`), along the three
    principal components of this mouth's motion in speech: noise of a codec and moving shadows spread over all
    144 cells and hardly count.

    Args:
        faces: (T,H,W,3) face crops at 25 fps.
        pcm: (N,) at 16 kHz, the sound under these frames.

    Returns:
        (n,) changes in speech and (m,) in pauses, in grey levels (norm over 144 cells); None if the clip has hardly a
        pause, no speech, or a mouth that does not move in speech.
    """
    speech, pauses = speech_and_pauses(pcm, len(faces))
    if not pauses.any() or not speech.any():
        return None
    changes = mouth_changes(faces)
    aligned = np.isfinite(changes).all(1)
    # Change t lies between frames t and t+1: it counts if both are in the same kind of stretch.
    in_speech = changes[speech[:-1] & speech[1:] & aligned]
    in_pauses = changes[pauses[:-1] & pauses[1:] & aligned]
    if not len(in_speech) or len(in_pauses) < MIN_CHANGES:
        return None
    patterns = np.linalg.svd(in_speech, full_matrices=False)[2][:PATTERNS].T
    spoken, paused = (np.linalg.norm(part @ patterns, axis=1) for part in (in_speech, in_pauses))
    return (spoken, paused) if spoken.mean() > MIN_MOTION else None


def pause_motion_ratio(faces: Image, pcm: Pcm) -> float:
    """Mouth motion in pauses over mouth motion in speech, by `mouth_speeds`.

    Args:
        faces: (T,H,W,3) face crops at 25 fps.
        pcm: (N,) at 16 kHz, the sound under these frames.

    Returns:
        0: the mouth is still in pauses; 1: it moves as in speech. NaN where `mouth_speeds` is None.
    """
    speeds = mouth_speeds(faces, pcm)
    if speeds is None:
        return float("nan")
    spoken, paused = speeds
    return float(paused.mean()) / float(spoken.mean())
