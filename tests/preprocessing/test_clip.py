from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from skimage import data

from wav2lip.clips import ClipFile
from wav2lip.errors import InputError
from wav2lip.faces.detectors import build_detector
from wav2lip.media.audio import load_wav
from wav2lip.media.mel import mel_spectrogram
from wav2lip.preprocessing.clip import Video, clip_name, video_to_clips
from wav2lip.preprocessing.dropped import NOT_FOLLOWED, Dropped
from wav2lip.preprocessing.settings import ClipSettings
from wav2lip.synthetic.clips import synthesize, write_synthetic_video

LEVEL = ClipSettings(face_crop="s3fd")


class FixedDetector:
    """The same box in every frame, none in a frame that is black."""

    def detect(self, image):
        if image.max() < 40:
            return np.zeros((0, 5), np.float32)
        return np.array([[40, 40, 120, 130, 1]], np.float32)

    def redetect(self, image, known):
        return self.detect(image)

    def settings(self):
        return {"detector": "fixed"}


@pytest.fixture(scope="module")
def video(tmp_path_factory):
    path = tmp_path_factory.mktemp("video") / "person.mp4"
    write_synthetic_video(path, synthesize(3, 2.0))
    return Video(path, "sub/person.mp4", "sub", "val")


def test_a_video_becomes_a_clip_file_and_a_row(video, tmp_path):
    (row,) = video_to_clips(video, tmp_path, FixedDetector(), LEVEL)
    assert (row.source, row.speaker, row.split) == ("sub/person.mp4", "sub", "val")
    assert (row.frames, row.fps, row.track, row.start, row.coverage) == (50, 25.0, 0, 0.0, 1.0)
    assert row.face == 85.0  # the mean of 80 and 90
    assert -60 < row.loudness < 0
    clip = ClipFile(tmp_path / row.clip)
    assert (clip.frames, clip.crop_size, clip.pad) == (50, 120, 0.125)
    assert clip.crops(np.array([0, 49])).shape == (2, 120, 120, 3)
    mel = mel_spectrogram(load_wav(video.path))
    assert np.abs(clip.mel(32, 16) - mel[:, 32:48]).max() < 1e-6
    assert clip.pcm().shape == (32_000,)


def test_a_track_break_makes_two_clips_that_start_on_whole_mel_columns(tmp_path):
    made = synthesize(4, 4.0)
    made.frames[43:60] = 0  # longer than the gap that the tracker bridges
    write_synthetic_video(tmp_path / "a.mp4", made)
    video = Video(tmp_path / "a.mp4", "a.mp4", "a", "train")
    rows = video_to_clips(
        video, tmp_path, FixedDetector(), replace(LEVEL, detect_every=1, landmarks=False)
    )
    assert [row.track for row in rows] == [0, 1]
    assert rows[0].start == 0
    assert 1.6 < rows[1].start < 2.8
    assert round(rows[1].start * 25) % 5 == 0
    mel = mel_spectrogram(load_wav(video.path))
    column = round(rows[1].start * 80)
    clip = ClipFile(tmp_path / rows[1].clip)
    assert np.abs(clip.mel(0, 16) - mel[:, column : column + 16]).max() < 1e-6


def test_a_clip_ends_where_its_sound_does(tmp_path):
    made = synthesize(5, 2.0)
    made.wav.resize(24_000, refcheck=False)
    write_synthetic_video(tmp_path / "a.mp4", made)
    video = Video(tmp_path / "a.mp4", "a.mp4", "a", "train")
    (row,) = video_to_clips(video, tmp_path, FixedDetector(), ClipSettings())
    assert 36 <= row.frames <= 39  # 1.5 s, give or take a frame of the codec


def test_videos_without_a_face_or_too_short_give_one_line(video, tmp_path):
    made = synthesize(6, 1.0)
    made.frames[:] = 0
    write_synthetic_video(tmp_path / "black.mp4", made)
    black = Video(tmp_path / "black.mp4", "black.mp4", "a", "train")
    with pytest.raises(InputError, match=r"black\.mp4: no face in any of its 25 frames"):
        video_to_clips(black, tmp_path, FixedDetector(), ClipSettings())
    with pytest.raises(InputError, match="no face track of 80 frames with sound"):
        video_to_clips(video, tmp_path, FixedDetector(), ClipSettings(min_frames=80))
    assert not (tmp_path / "clips").exists()


def test_every_dropped_stretch_has_its_reason(tmp_path):
    made = synthesize(4, 4.0)
    made.frames[42:62] = 0  # longer than the gap that the tracker bridges; both ends are cuts
    made.frames[70:73] = 0
    made.wav.resize(57_600, refcheck=False)  # 3.6 s
    write_synthetic_video(tmp_path / "a.mp4", made)
    video = Video(tmp_path / "a.mp4", "a.mp4", "a", "train")
    dropped: list[Dropped] = []
    settings = replace(LEVEL, detect_every=1, landmarks=False)
    rows = video_to_clips(video, tmp_path, FixedDetector(), settings, dropped=dropped)
    assert [(row.start, row.frames) for row in rows] == [
        (0.0, 42),
        (3.0, 16),
    ]  # the codec adds a frame of sound
    assert [(d.start, d.end, d.frames, d.reason) for d in dropped] == [
        (1.68, 2.48, 20, "no face"),
        (
            *(2.48, 2.8, 8),
            "too short: 5 usable frames between two shot changes, min_frames is 15",
        ),
        (2.8, 2.92, 3, "no face"),
        (2.92, 3.0, 2, "before the first whole mel column"),
        (3.64, 4.0, 9, "no sound"),
    ]
    assert video_to_clips(video, tmp_path / "again", FixedDetector(), settings) == rows


def test_a_face_that_is_not_followed_is_a_reason(tmp_path):
    class Other(FixedDetector):
        """Another face stays when the first one has gone."""

        def detect(self, image):
            found = super().detect(image)
            other = found + np.float32([60, 60, 60, 60, 0])
            return np.vstack([found, other]) if image[:20, :20].mean() > 128 else other

    made = synthesize(4, 2.0)
    made.frames[:, :20, :20] = 250
    made.frames[25:, :20, :20] = 0
    write_synthetic_video(tmp_path / "a.mp4", made)
    video = Video(tmp_path / "a.mp4", "a.mp4", "a", "train")
    dropped: list[Dropped] = []
    settings = replace(LEVEL, detect_every=1)
    (row,) = video_to_clips(video, tmp_path, Other(), settings, dropped=dropped)
    assert (row.start, row.frames) == (0.0, 25)
    assert [(d.start, d.frames, d.reason) for d in dropped] == [(1.0, 25, NOT_FOLLOWED)]


@pytest.fixture(scope="module")
def tilted(tmp_path_factory):
    """The portrait, turned clockwise by 20 degrees, for 20 frames."""
    image = cv2.resize(data.astronaut()[20:270, 100:350, ::-1], (200, 200))
    turn = cv2.getRotationMatrix2D((100, 90), -20, 1)
    image = cv2.warpAffine(image, turn, (200, 200), borderMode=cv2.BORDER_REPLICATE)
    made = replace(synthesize(3, 0.8), frames=np.repeat(image[None], 20, axis=0))
    path = tmp_path_factory.mktemp("tilted") / "person.mp4"
    write_synthetic_video(path, made)
    return Video(path, "person.mp4", "person", "train")


def test_aligned_crops_are_level_and_carry_their_landmarks(tilted, tmp_path):
    (row,) = video_to_clips(tilted, tmp_path, build_detector("blazeface"), ClipSettings())
    clip = ClipFile(tmp_path / row.clip)
    assert (clip.face_crop, clip.metadata["face_crop"]) == ("aligned", "aligned")
    assert abs(row.roll - np.median(clip.roll())) < 0.5
    assert 15 < row.roll < 25
    assert 0 <= row.mar_low <= row.mar_high
    assert 0.5 < row.visible <= 1
    points = clip.landmarks()
    assert points.shape == (20, 468, 3)
    eyes = points[10, [33, 263]].astype(float)
    assert abs(eyes[1, 1] - eyes[0, 1]) < 0.05  # level
    assert (points[10, 152, :2] > [0.35, 0.85]).all()  # the chin is at the lower edge
    assert (points[10, 152, :2] < [0.65, 1.15]).all()


def test_level_crops_have_landmarks_unless_they_are_turned_off(tilted, tmp_path):
    detector = build_detector("blazeface")
    (row,) = video_to_clips(tilted, tmp_path, detector, LEVEL)
    clip = ClipFile(tmp_path / row.clip)
    assert (clip.face_crop, set(clip.roll().tolist())) == ("s3fd", {0.0})
    eyes = clip.landmarks()[10, [33, 263]].astype(float)
    assert eyes[1, 1] - eyes[0, 1] > 0.1  # tilted
    (bare,) = video_to_clips(tilted, tmp_path / "b", detector, replace(LEVEL, landmarks=False))
    assert bare.yaw is None
    without = ClipFile(tmp_path / "b" / bare.clip)
    assert without.landmarks() is None
    assert (without.boxes() == clip.boxes()).all()


def test_settings_that_make_no_clips_are_refused():
    assert ClipSettings().start_step == 5
    assert ClipSettings(fps=30).start_step == 3
    assert ClipSettings(image_size=192).crop_size == 240
    with pytest.raises(InputError, match=r"clip\.fps must be 1 to 240, not 0"):
        ClipSettings(fps=0)
    with pytest.raises(InputError, match="use 25 or 30"):
        ClipSettings(fps=29.97)


def test_names_are_safe_and_differ_with_the_whole_path():
    assert clip_name("a/x y.mp4").startswith("x_y-")
    assert clip_name("a/x.mp4") != clip_name("b/x.mp4")
    assert Path(clip_name("a/" + "x" * 300 + ".mp4")).name == clip_name("a/" + "x" * 300 + ".mp4")
    assert len(clip_name("a/" + "x" * 300 + ".mp4")) == 77
