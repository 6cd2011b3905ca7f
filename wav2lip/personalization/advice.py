"""What to film next, from what the material lacks."""

from collections.abc import Sequence

import numpy as np

from wav2lip.data.clip_dataset import Clip
from wav2lip.data.mouth_pairs import read_mouths
from wav2lip.personalization.motion_fit import measures_of
from wav2lip.personalization.speech import Floats

ENOUGH_SPEECH = 45.0  # seconds
GRID = 3  # steps of opening and of width, between their quantiles of talking people
OPENINGS = (0.06, 0.14)  # predicted opening in units of the distance between the eyes
WIDTHS = (-0.02, 0.02)  # predicted growth of the width
ENOUGH_SHAPES = 7  # of the 9 mouth shapes
SHAPE_SHARE = 0.02  # of the frames, from which on a shape was heard
WIDE_OPEN = 0.15  # opening over the distance of the eyes, 95th percentile
CLOSED = 0.05  # 5th percentile
ENOUGH_TURN = 12.0  # degrees between the 5th and the 95th percentile of the yaw
MIN_FACE = 150.0  # px


def mouth_shapes(predicted: Floats) -> int:
    """Count which of 9 mouth shapes (3 openings by 3 widths) the sounds of a material ask for.

    Args:
        predicted: (F, K) motion before tuning, so that it tells about the sound alone.
    """
    opening, width, _ = measures_of(predicted).T
    cells = GRID * np.digitize(opening, OPENINGS) + np.digitize(width, WIDTHS)
    shares = np.bincount(cells, minlength=GRID * GRID) / max(1, len(cells))
    return int((shares >= SHAPE_SHARE).sum())


def what_to_film(clips: Sequence[Clip], speech: float, predicted: Floats) -> list[str]:
    """Return what further videos should show, the most useful first; empty if nothing is missing.

    Args:
        clips: spans that were used.
        speech: seconds of speech in all videos.
        predicted: (F, K) motion that the start predicts for these spans.
    """
    mouths = [read_mouths(clip.path).within(clip.span) for clip in clips]
    opening = np.concatenate([one.opening for one in mouths])
    yaw = np.concatenate([one.angles[:, 0] for one in mouths])
    face = float(np.median([clip.row.face for clip in clips]))
    found = []
    if speech < ENOUGH_SPEECH:
        found.append(f"more speech: a minute (there are {speech:.0f} s)")
    if face < MIN_FACE:
        found.append(f"a larger face: {MIN_FACE:.0f} pixels or more (it has {face:.0f})")
    shapes = mouth_shapes(predicted)
    if shapes < ENOUGH_SHAPES:
        found.append(f"more varied sounds: read a text aloud ({shapes} of 9 mouth shapes occur)")
    if np.percentile(opening, 95) < WIDE_OPEN:
        found.append("a wide open mouth: speak up, with words such as far, calm, yacht")
    if np.percentile(opening, 5) > CLOSED:
        found.append("closed lips: words with m, b and p, and short pauses")
    low, high = np.percentile(yaw, [5, 95])
    if high - low < ENOUGH_TURN:
        found.append(
            f"other views: turn the head slowly to both sides while speaking (it turns by {high - low:.0f} degrees)"
        )
    return found
