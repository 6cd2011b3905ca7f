import math
from itertools import pairwise

import cv2
import numpy as np
import pytest

from wav2lip.metrics import sharpness, sharpness_ratio


def textured(frames: int = 3) -> np.ndarray:
    noise = np.random.default_rng(0).integers(0, 256, (frames, 96, 96, 3), dtype=np.uint8)
    return np.stack([cv2.GaussianBlur(frame, (0, 0), 1.0) for frame in noise])


def test_sharpness_is_the_variance_of_opencvs_laplacian():
    faces = textured()
    for frame, value in zip(faces, sharpness(faces), strict=True):
        mouth = frame[48:, 24:72].astype(np.float64)
        grey = 0.114 * mouth[..., 0] + 0.587 * mouth[..., 1] + 0.299 * mouth[..., 2]
        assert value == pytest.approx(cv2.Laplacian(grey, cv2.CV_64F)[1:-1, 1:-1].var(), rel=1e-4)


def test_ratio_falls_with_blur():
    source = textured()
    ratios = [1.0]
    for sigma in (0.5, 1.0, 2.0, 4.0):
        blurred = np.stack([cv2.GaussianBlur(frame, (0, 0), sigma) for frame in source])
        ratios.append(sharpness_ratio(blurred, source))
    assert sharpness_ratio(source, source) == 1.0
    assert all(worse < better for better, worse in pairwise(ratios))
    assert ratios[-1] < 0.05


def test_a_flat_source_has_no_ratio_and_sizes_must_agree():
    flat = np.full((2, 96, 96, 3), 9, np.uint8)
    assert math.isnan(sharpness_ratio(textured(), flat))
    with pytest.raises(ValueError, match="size"):
        sharpness_ratio(textured(), flat[:, :64, :64])
