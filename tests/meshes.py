"""Face meshes of known shape and motion: a flat face whose mouth opens, widens and drops its chin."""

import numpy as np

from wav2lip.regions import CHIN, LEFT_EYE, LIP_POINTS, MOUTH_CORNERS, NOSE_BRIDGE, RIGHT_EYE

EYES = 100.0  # px between the outer eye corners
UPPER_INNER = (82, 13, 312)
LOWER_INNER = (87, 14, 317)


def meshes(opening, width=0.5, jaw=1.2, shift=0.0):
    """Meshes (F,468,3) px of `opening` (F,), in inter-ocular distances like `width` and `jaw`."""
    opening = np.atleast_1d(np.asarray(opening, np.float64))
    width, jaw = (np.broadcast_to(value, opening.shape) for value in (width, jaw))
    face = np.zeros((len(opening), 468, 3))
    face[:, RIGHT_EYE], face[:, LEFT_EYE] = (-EYES / 2, 0, 0), (EYES / 2, 0, 0)
    face[:, list(LIP_POINTS), 1] = 0.8 * EYES
    for side, (outer, inner) in enumerate(zip(MOUTH_CORNERS, (78, 308), strict=True)):
        face[:, outer, 0] = (side - 0.5) * width * EYES
        face[:, inner, 0] = (side - 0.5) * 0.8 * width * EYES
    for upper, lower in zip(UPPER_INNER, LOWER_INNER, strict=True):
        face[:, upper, 1] -= opening * EYES / 2
        face[:, lower, 1] += opening * EYES / 2
    face[:, NOSE_BRIDGE] = (0, 0.05 * EYES, 0)
    face[:, CHIN, 1] = (0.05 + jaw) * EYES
    return (face + np.array([shift, 0, 0])).astype(np.float32)


def talking(frames=100, seed=0):
    """Openings (F,) of a mouth that talks: 0.02 to 0.3 inter-ocular distances."""
    steps = np.random.default_rng(seed).standard_normal(frames + 4)
    smooth = np.convolve(steps, np.ones(5) / 5, "valid")
    return 0.02 + 0.28 * (smooth - smooth.min()) / np.ptp(smooth)
