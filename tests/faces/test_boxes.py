import numpy as np
import pytest

from wav2lip.faces.boxes import (
    box_size,
    face_distances,
    hog_to_s3fd,
    iou,
    match_faces,
    neural_to_s3fd,
    pad_box,
    s3fd_to_hog,
)


def test_pads_and_widening():
    box = np.array([10, 20, 50, 90], np.float32)
    assert pad_box(box, (0, 10, 0, 0), (200, 100)).tolist() == [10, 20, 50, 100]
    assert pad_box(box, (30, 200, 30, 90), (200, 100)).tolist() == [0, 0, 100, 200]


def test_overlap():
    box = np.array([0, 0, 10, 10], np.float32)
    others = np.array([[0, 0, 10, 10], [5, 0, 15, 10], [10, 0, 20, 10], [50, 50, 60, 60]])
    assert iou(box, others) == pytest.approx([1, 1 / 3, 0, 0])
    assert box_size(np.array([0, 0, 4, 9], np.float32)) == 6


def test_hog_boxes_become_taller_and_come_back():
    raw = np.array([[100, 100, 200, 200, 0.5]], np.float32)
    boxes = hog_to_s3fd(raw)
    assert boxes[0] == pytest.approx([105, 81.55, 195, 205.05, 0.5], abs=1e-3)
    assert s3fd_to_hog(boxes)[0] == pytest.approx(raw[0], abs=1e-3)


def test_boxes_of_neural_detectors():
    raw = np.array([[0, 0, 10, 20, 0.9]], np.float32)
    assert neural_to_s3fd(raw, "retinaface")[0] == pytest.approx([0, 0, 10, 20, 0.9])
    assert neural_to_s3fd(raw, "blazeface")[0] == pytest.approx([0.795, -2.6, 9.205, 20.42, 0.9])


def test_the_closest_faces_are_paired_first():
    one = np.array([[0, 0, 10, 10], [20, 0, 30, 10]], np.float32)
    other = np.array([[22, 0, 32, 10], [1, 0, 11, 10], [200, 0, 210, 10]], np.float32)
    assert match_faces(one, other) == [(0, 1), (1, 0)]
    assert match_faces(one, other[:0]) == []
    far = face_distances(one, other)
    assert far[0, 1] == pytest.approx(0.1)
    assert np.isinf(far[:, 2]).all()
    assert np.isinf(face_distances(one, one * 2)[0, 0])  # twice as large
