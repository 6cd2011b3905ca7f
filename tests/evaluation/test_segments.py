import cv2
import numpy as np
import pytest

from wav2lip.errors import InputError
from wav2lip.evaluation.segments import largest_face, read_pcm, remarks
from wav2lip.evaluation.views import FaceView, FrameView
from wav2lip.synthetic.clips import synthesize, write_synthetic_video


def test_a_face_that_goes_away_makes_two_segments(broken, detector):
    pcm = read_pcm(broken)
    segments = list(largest_face(broken, pcm, detector, FaceView(48)))
    assert [(segment.first, len(segment.pictures)) for segment in segments] == [(0, 15), (30, 10)]
    assert segments[1].pictures.shape == (10, 48, 48, 3)
    np.testing.assert_array_equal(segments[1].pcm, pcm[30 * 640 : 40 * 640])
    assert not np.isnan(segments[1].boxes).any()


def test_long_segments_are_cut(broken, detector):
    pcm = read_pcm(broken)
    segments = list(largest_face(broken, pcm, detector, FaceView(48), max_frames=8))
    assert [(segment.first, len(segment.pictures)) for segment in segments] == [
        (0, 8),
        (8, 7),
        (30, 8),
        (38, 2),
    ]


def test_the_whole_picture_needs_no_face_in_every_frame(broken, detector):
    (segment,) = largest_face(broken, read_pcm(broken), detector, FrameView())
    assert segment.pictures.shape == (40, 224, 224, 3)
    assert np.isnan(segment.boxes[:, 0]).sum() == 15


def test_no_face_and_no_video(tmp_path, detector):
    clip = synthesize(3, 0.4)
    clip.frames[:] = 0
    write_synthetic_video(tmp_path / "dark.mp4", clip)
    with pytest.raises(InputError, match=r"dark\.mp4: no face in any of its 10 frames"):
        list(largest_face(tmp_path / "dark.mp4", np.zeros(9, np.int16), detector, FaceView(48)))
    cv2.imwrite(str(tmp_path / "still.png"), np.zeros((64, 64, 3), np.uint8))
    with pytest.raises(InputError, match=r"still\.png: is a still"):
        list(largest_face(tmp_path / "still.png", np.zeros(9, np.int16), detector, FaceView(48)))


def test_other_rates_and_lengths_are_remarked(film, tmp_path):
    path = film("sixty.mp4", seconds=1.0, fps=50.0)
    pcm = read_pcm(path)
    assert remarks(path, pcm) == ["50 frames per second, resampled to 25"]
    assert remarks(film("track.mp4", seconds=1.2), np.zeros(32000, np.int16)) == [
        "the sound is 0.80 s longer; its end is not scored"
    ]
    assert remarks(film("track.mp4", seconds=1.2), np.zeros(16000, np.int16)) == [
        "the video is 0.20 s longer; its end is not scored"
    ]
    assert remarks(film("track.mp4", seconds=1.2), np.zeros(19200, np.int16)) == []


def test_a_rate_of_50_is_judged_at_25(film, detector):
    path = film("sixty.mp4", seconds=1.0, fps=50.0)
    (segment,) = largest_face(path, read_pcm(path), detector, FaceView(48))
    assert len(segment.pictures) in (25, 26)  # the last frame's own length is not known
