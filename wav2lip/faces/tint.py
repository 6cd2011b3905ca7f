"""Monochrome and tinted pictures: a generated face gets the colour that the source has at its luma.

In a black-and-white or sepia picture chroma is a function of luma. A generator knows faces in colour
and adds its own.
"""

import math
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from wav2lip.media.colour import FULL_RANGE, bgr_to_yuv, yuv_to_bgr
from wav2lip.media.picture import Picture

KNOTS = np.linspace(16, 235, 8)  # luma codes; the function is linear between them
RIDGE = 20.0  # samples; a knot with fewer stays near the straight line through all samples
MIN_SAMPLES, MAX_SAMPLES = 16, 4096  # of chroma; with fewer nothing is decided
# Chroma codes, root mean square of what luma does not explain. Below the first the picture has one
# tint, above the second it has colours. Of 129 clips and photos in colour the least has 1.5.
TINTED, COLOURED = 1.0, 1.4


def _weights(luma: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the weight of each knot for luma codes (N,): (N, knots), for linear interpolation."""
    place = np.interp(luma, KNOTS, np.arange(len(KNOTS)))
    weights = np.maximum(0, 1 - np.abs(place[:, None] - np.arange(len(KNOTS))))
    return np.asarray(weights, np.float32)


def fit_tint(
    luma: NDArray[np.float32], chroma: NDArray[np.float32]
) -> tuple[NDArray[np.float64], float]:
    """Fit chroma as a function of luma.

    Args:
        luma: (N,) codes.
        chroma: (N, 2) codes.

    Returns:
        Chroma at `KNOTS`, (8, 2), and the root mean square of the residual.
    """
    # With a slight ridge: a part of one luma has a flat line, an empty knot lies on the line.
    centred, mean = luma - luma.mean(), chroma.mean(axis=0)
    slope = centred @ (chroma - mean) / (centred @ centred + RIDGE)
    line = mean + np.outer(KNOTS - luma.mean(), slope)
    weights = _weights(luma)
    left = chroma - weights @ line
    gram = weights.T @ weights + RIDGE * np.eye(len(KNOTS))
    knots = np.linalg.solve(gram, weights.T @ left)
    residual = left - weights @ knots
    return line + knots, float(np.sqrt((residual**2).mean()))


def _samples(
    picture: Picture, rows: slice, columns: slice
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return luma (N,) and chroma (N, 2) codes of a part of a frame, at most about `MAX_SAMPLES`."""
    count = (rows.stop - rows.start) * (columns.stop - columns.start) // 4
    step = max(1, math.ceil(math.sqrt(count / MAX_SAMPLES)))
    blue, red = (
        plane[
            rows.start // 2 : rows.stop // 2 : step, columns.start // 2 : columns.stop // 2 : step
        ]
        for plane in (picture.blue, picture.red)
    )
    quads = [
        picture.luma[rows, columns][y :: 2 * step, x :: 2 * step][: blue.shape[0], : blue.shape[1]]
        for y, x in ((0, 0), (0, 1), (1, 0), (1, 1))
    ]
    luma = np.mean(quads, axis=0, dtype=np.float32).ravel()
    return luma, np.stack([blue.ravel(), red.ravel()], -1).astype(np.float32)


def match_tint(
    picture: Picture, generated: NDArray[Any], rows: slice, columns: slice
) -> NDArray[Any]:
    """Give a generated face the source's tint, if the source has one.

    Args:
        picture: the frame.
        generated: (h, w, 3) BGR, the generated face in its place.
        rows: h rows of the frame, from an even one.
        columns: w columns of the frame, from an even one.

    Returns:
        `generated` itself if the source has colours there, else a new one, float32.
    """
    luma, chroma = _samples(picture, rows, columns)
    if len(luma) < MIN_SAMPLES:
        return generated
    tint, residual = fit_tint(luma, chroma)
    share = np.float32(np.clip((COLOURED - residual) / (COLOURED - TINTED), 0, 1))
    if not share:
        return generated
    space, full = picture.colours.space, picture.colours.range == FULL_RANGE
    yuv = cv2.transform(generated.astype(np.float32), bgr_to_yuv(space, full))
    for channel in (1, 2):
        toned = np.interp(yuv[..., 0], KNOTS, tint[:, channel - 1]).astype(np.float32)
        yuv[..., channel] += share * (toned - yuv[..., channel])
    return np.asarray(cv2.transform(yuv, yuv_to_bgr(space, full)))
