"""Which way up a face is."""

import numpy as np

from wav2lip.faces.boxes import box_size
from wav2lip.faces.detectors.blazeface import BlazeFaceDetector
from wav2lip.faces.landmark_tracking import Mesh, find_landmarks
from wav2lip.types import Box, Image

UPRIGHT = 45.0  # degrees of roll
MIN_SURE = 0.9  # presence of a turned face, so that what is no face refuses no video
HIGHER = 0.05  # by how much BlazeFace scores a face higher that stands upright


def turned(image: Image, turns: int) -> Image:
    """Turn an image clockwise by quarter turns."""
    return np.ascontiguousarray(np.rot90(image, -turns))


def _around(image: Image, box: Box, sides: int) -> tuple[Image, tuple[float, float]]:
    """Cut out a box with what surrounds it, `sides` times its size; return the part, and the box's middle in it."""
    x, y = (box[:2] + box[2:4]) / 2
    reach = box_size(box) * sides / 2
    left, top = max(0, int(x - reach)), max(0, int(y - reach))
    part = image[top : int(y + reach) + 1, left : int(x + reach) + 1]
    return part, (float(x - left), float(y - top))


def quarter_turns(image: Image, box: Box, mesh: Mesh) -> int:
    """Find how a face without landmarks must be turned to stand upright.

    Args:
        image: BGR (H, W, 3).
        box: (4,) of the face.
        mesh: fits upright faces.

    Returns:
        Quarter turns clockwise, 0 to 3; 0 also if no turn makes it a face.
    """
    part, (x, y) = _around(image, box, 2)
    half = box_size(box) / 2
    best, sure = 0, MIN_SURE
    for turns in range(1, 4):
        height = part.shape[0] if turns % 2 else part.shape[1]
        x, y = height - y, x  # a quarter turn more
        upright = np.array([x - half, y - half, x + half, y + half], np.float32)
        found = find_landmarks(turned(part, turns), upright, mesh)
        if found is not None and abs(found.pose.roll) < UPRIGHT and found.presence > sure:
            best, sure = turns, found.presence
    return best


def is_upside_down(image: Image, box: Box, mesh: Mesh) -> bool:
    """Return whether a face with landmarks is upside down.

    The mesh fits hair and chin as if they were a chin and a forehead, and is sure of it. The detector tells: of
    94 faces of videos it takes no upright one for one that is upside down, and finds 91 of those that are.

    Args:
        image: BGR (H, W, 3).
        box: (4,) of the face.
        mesh: fits upright faces.
    """
    part, middle = _around(image, box, 4)
    detector = BlazeFaceDetector()

    def seen(part: Image, middle: tuple[float, float]) -> tuple[float, float]:
        """Return score and presence of the face there; 0 and 0 if there is none."""
        best = (0.0, 0.0)
        for face in detector.detect(part):
            off = np.abs((face[:2] + face[2:4]) / 2 - middle)
            if off.max() < box_size(box) / 2:
                landmarks = find_landmarks(part, face[:4], mesh)
                best = max(best, (float(face[4]), landmarks.presence if landmarks else 0.0))
        return best

    score, presence = seen(part, middle)
    other_middle = (part.shape[1] - middle[0], part.shape[0] - middle[1])
    other_score, other_presence = seen(turned(part, 2), other_middle)
    better = other_score > score + HIGHER and other_presence > presence
    return other_presence >= MIN_SURE and (better or not presence)
