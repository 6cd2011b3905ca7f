import numpy as np
import pytest

from wav2lip.faces.detectors.blazeface_network import (
    FULL,
    SHORT,
    anchor_centres,
    weighted_suppression,
)


def test_every_network_has_its_anchors():
    assert anchor_centres(SHORT.grids).shape == (896, 2)
    assert anchor_centres(FULL.grids).shape == (2304, 2)
    assert anchor_centres(SHORT.grids)[[0, 1, 2, 512, 518]].tolist() == [
        [0.03125, 0.03125], [0.03125, 0.03125], [0.09375, 0.03125], [0.0625, 0.0625], [0.1875, 0.0625],
    ]  # fmt: skip


def face(x, score):
    return [x, 0, x + 10, 10, score, *[x] * 12]


def test_detections_of_one_face_are_averaged_by_score():
    faces = np.array([face(2, 0.3), face(0, 0.9), face(40, 0.6)], np.float32)
    merged = weighted_suppression(faces)
    assert merged[:, :5].tolist() == [
        pytest.approx([0.5, 0, 10.5, 10, 0.9]),
        pytest.approx([40, 0, 50, 10, 0.6]),
    ]
    assert merged[0, 5:].tolist() == pytest.approx([0.5] * 12)


def test_nothing_stays_nothing():
    assert weighted_suppression(np.zeros((0, 17), np.float32)).shape == (0, 17)
