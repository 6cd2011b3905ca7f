import numpy as np
import pytest
from av.video.reformatter import VideoReformatter

from tests.media.test_picture import TAGS, shown, smooth
from wav2lip.media.colour import BT709
from wav2lip.media.converter import EXACT, Converter
from wav2lip.media.frame import Frame
from wav2lip.media.picture import Picture


@pytest.mark.parametrize("tags", TAGS)
def test_the_exact_scaler_of_ffmpeg_agrees(tags):
    frame = Picture.of(smooth(), tags).coded()
    theirs = VideoReformatter().reformat(frame, format="bgr24", interpolation=EXACT).to_ndarray()
    error = shown(frame).astype(int) - theirs
    assert np.abs(error).mean() < 1.5
    assert np.abs(error.mean(axis=(0, 1))).max() < 0.3


def test_from_decoder_to_encoder_the_planes_are_kept():
    frame = Picture.of(smooth(), BT709).coded()
    again = Frame(Converter().convert(frame), 0.0, 0).picture.coded()
    for plane, copy in zip(frame.planes, again.planes, strict=True):
        assert bytes(plane) == bytes(copy)
