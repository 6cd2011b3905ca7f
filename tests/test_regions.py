from wav2lip.regions import LIPS, MOUTH


def test_regions_of_a_published_face():
    assert MOUTH.slices(96) == (slice(48, 96), slice(24, 72))
    assert LIPS.slices(96) == (slice(53, 91), slice(19, 77))


def test_a_crop_need_not_be_square():
    assert MOUTH.slices(10, 8) == (slice(5, 10), slice(2, 6))
