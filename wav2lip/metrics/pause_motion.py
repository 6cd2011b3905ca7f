"""Silence closure: a mouth should rest while nothing is said."""

import numpy as np
from numpy.typing import NDArray

from wav2lip.media.pauses import runs
from wav2lip.media.pcm import from_pcm
from wav2lip.metrics.clip_values import ClipMean
from wav2lip.metrics.mouth_motion import mouth_changes
from wav2lip.types import SAMPLES_PER_FRAME

SILENT_BELOW = 25.0  # dB under the clip's loud frames
LOUD_PERCENTILE = 95.0
FLOOR = -60.0  # dB of full scale; a clip whose loud frames lie below holds no speech
MARGIN = 4  # frames at either end of a pause, in which real mouths still close or already open
MIN_PAUSE = 2 * MARGIN + 2  # frames, 0.4 s; nothing rests in a shorter one
MIN_CHANGES = 5  # in pauses, 0.2 s in all; one or two measure the head's tracking
PATTERNS = 3  # of the mouth's motion in speech that count
LEAST = 0.5  # grey levels (norm over 144 cells); a mouth that moves less in speech stands still


def frame_levels(pcm: NDArray[np.int16], count: int) -> NDArray[np.float64]:
    """Level of the sound under each of `count` frames at 25 fps -> (count,) dB of full scale."""
    sound = np.zeros(count * SAMPLES_PER_FRAME)
    used = min(len(pcm), len(sound))
    sound[:used] = from_pcm(pcm[:used])
    power = (sound.reshape(count, SAMPLES_PER_FRAME) ** 2).mean(1)
    return np.asarray(10 * np.log10(np.maximum(power, 1e-12)))


def speech_and_pauses(
    pcm: NDArray[np.int16], count: int
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Pcm (N,) int16 at 16 kHz -> (count,) frames that speak, (count,) frames well within a pause.

    Frames in short silences and at a pause's ends are neither.
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


def pause_motion_ratio(faces: NDArray[np.uint8], pcm: NDArray[np.int16]) -> float:
    """Mouth motion in pauses over mouth motion in speech; crops (T,H,W,3) at 25 fps.

    0 a mouth at rest, 1 one that moves as if speaking. Motion is the change from frame to frame
    once the head's is undone, along the three patterns in which this mouth changes most while it
    speaks (principal components): what a codec or a shadow changes is spread over all 144.
    NaN when the clip has hardly a pause, no speech, or a mouth that does not move in speech.
    """
    speech, pauses = speech_and_pauses(pcm, len(faces))
    if not pauses.any() or not speech.any():
        return float("nan")
    changes = mouth_changes(faces)
    followed = np.isfinite(changes).all(1)
    # change t lies between frames t and t+1: it belongs to a stretch that holds both
    speaking = changes[speech[:-1] & speech[1:] & followed]
    resting = changes[pauses[:-1] & pauses[1:] & followed]
    if not len(speaking) or len(resting) < MIN_CHANGES:
        return float("nan")
    patterns = np.linalg.svd(speaking, full_matrices=False)[2][:PATTERNS].T
    moved, rested = (
        float(np.linalg.norm(part @ patterns, axis=1).mean()) for part in (speaking, resting)
    )
    return rested / moved if moved > LEAST else float("nan")


class PauseMotionRatio(ClipMean):
    """Mean silence closure over the clips that have pauses; `missing` counts the others."""

    higher_is_better = False

    def update(self, faces: NDArray[np.uint8], pcm: NDArray[np.int16]) -> None:
        """Add one clip: crops (T,H,W,3) uint8 at 25 fps, pcm (N,) int16 at 16 kHz."""
        self.add(pause_motion_ratio(faces, pcm))
