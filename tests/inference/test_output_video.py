from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from wav2lip.inference.output_video import open_writer
from wav2lip.inference.report import Report
from wav2lip.inference.settings import Settings
from wav2lip.media.colour import BT709
from wav2lip.media.video import VideoInfo, probe


@pytest.mark.parametrize(("rotate", "aspect"), [(False, Fraction(4, 3)), (True, Fraction(3, 4))])
def test_the_output_has_the_rate_and_the_pixels_of_the_source(
    sound, tmp_path: Path, rotate: bool, aspect: Fraction
) -> None:
    fps = Fraction(25)
    source = VideoInfo(
        Path("face.mp4"), 96, 64, fps, 0.2, False, 0, False, BT709, pixel_aspect=Fraction(4, 3)
    )
    report = Report(str(tmp_path / "o.mp4"), "face.mp4", "speech.wav", {}, {}, "cpu")
    report.width, report.height = 96, 64
    with open_writer(report, source, sound(0.2), Settings(rotate=rotate)) as writer:
        for i in range(5):
            writer.write(np.full((64, 96, 3), 40 * i, np.uint8), float(i / fps))
        writer.close(0.2)
    made = probe(tmp_path / "o.mp4")
    assert (made.width, made.height, made.fps, made.pixel_aspect) == (96, 64, fps, aspect)
    assert made.colours == BT709
    assert made.has_audio
