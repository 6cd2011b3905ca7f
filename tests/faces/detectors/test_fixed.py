import numpy as np

from wav2lip.faces.detectors.fixed import FixedBox


def test_the_box_is_where_it_is_said_to_be():
    detector = FixedBox(lambda size: np.array([1, 2, size[1] / 2, size[0] / 2], np.float32))
    image = np.zeros((80, 60, 3), np.uint8)
    found = detector.detect(image)
    assert found.tolist() == [[1, 2, 30, 40, 1]]
    assert found.dtype == np.float32
    assert detector.redetect(image, found).tolist() == found.tolist()
