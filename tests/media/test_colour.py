import cv2
import numpy as np
import pytest
from av.video.reformatter import VideoReformatter

from wav2lip.media.colour import BT709, EXACT, Colours, ToBgr, colours_of, from_bgr

TAGS = [Colours(), BT709, Colours(2, 1, 1, 1), Colours(1, 5, 5, 6), Colours(1, 9, 9, 14)]


def smooth():
    noise = np.random.default_rng(0).integers(0, 256, (4, 6, 3), dtype=np.uint8)
    return np.clip(cv2.resize(noise, (192, 128), interpolation=cv2.INTER_LINEAR), 0, 255)


@pytest.mark.parametrize("tags", TAGS)
def test_colours_come_back(tags):
    image = smooth()
    frame = from_bgr(image, tags)
    assert colours_of(frame) == tags
    error = ToBgr()(frame).astype(int) - image
    assert np.abs(error).mean() < 1.5
    assert np.abs(error.mean(axis=(0, 1))).max() < 0.3


@pytest.mark.parametrize("tags", TAGS)
def test_the_exact_scaler_of_ffmpeg_agrees(tags):
    frame = from_bgr(smooth(), tags)
    theirs = VideoReformatter().reformat(frame, format="bgr24", interpolation=EXACT).to_ndarray()
    error = ToBgr()(frame).astype(int) - theirs
    assert np.abs(error).mean() < 1.5
    assert np.abs(error.mean(axis=(0, 1))).max() < 0.3


def test_primary_codes_are_the_standards():
    red = np.full((2, 2, 3), (0, 0, 255), np.uint8)
    codes = {
        BT709: [63, 102, 240],
        Colours(1, 6, 6, 6): [81, 90, 240],
        Colours(2, 6, 6, 6): [76, 85, 255],
    }
    for tags, expected in codes.items():
        planes = [int(np.frombuffer(plane, np.uint8)[0]) for plane in from_bgr(red, tags).planes]
        assert planes == expected


def test_decoding_and_encoding_unchanged_keeps_the_planes():
    frame = from_bgr(smooth(), BT709)
    again = from_bgr(ToBgr()(frame), BT709)
    for plane, copy in zip(frame.planes, again.planes, strict=True):
        change = np.frombuffer(copy, np.uint8).astype(int) - np.frombuffer(plane, np.uint8)
        assert np.abs(change).mean() < 0.5
