import numpy as np
import pytest
from skimage import data

from wav2lip.faces.crop_tracking import REACH, align_crops, track_crops
from wav2lip.faces.crops import Crop
from wav2lip.faces.detectors.blazeface import BlazeFaceDetector
from wav2lip.faces.head_pose import HeadPose, mean_face
from wav2lip.faces.landmarks import Landmarks
from wav2lip.faces.tracked_frame import TrackedFace, TrackedFrame
from wav2lip.media.frame import Frame

EMPTY = np.zeros((64, 64, 3), np.uint8)


def head(x=100.0, scale=60.0, roll=0.0, pitch=0.0, yaw=0.0, gap=0.0):
    pose = HeadPose(yaw, pitch, roll, scale, (x, 80.0, 0.0))
    points = mean_face().vertices.copy()
    points[points[:, 1] > 0.8, 1] += gap  # lower lip and chin
    return Landmarks(pose.place(points))


def crops(heads, shots=None, boxes=None, smooth=5):
    """Crops of one track, whose boxes are those of its landmarks unless given."""
    frames = []
    for i, landmarks in enumerate(heads):
        shot = shots[i] if shots else 0
        box = boxes[i] if boxes else landmarks.box
        face = TrackedFace(shot, np.asarray(box, np.float32), landmarks)
        frames.append(TrackedFrame(Frame(EMPTY, i / 25, i), shot, [face]))
    return [frame.faces[0].crop for frame in align_crops(frames, smooth)]


def values(crop):
    return [crop.x, crop.y, crop.width, crop.height, crop.roll]


def test_a_level_head_has_the_convention_s_box():
    landmarks = head()
    crop = crops([landmarks])[0]
    assert np.abs(crop.box - landmarks.box).max() < 0.01
    assert crop.roll == pytest.approx(0, abs=1e-4)


def test_a_mouth_that_opens_moves_nothing():
    still, speaking = crops([head()] * 9), crops([head(gap=g) for g in np.linspace(0, 0.3, 9)])
    for a, b in zip(still, speaking, strict=True):
        assert np.abs(np.subtract(values(a), values(b))).max() < 1e-6


def test_the_crop_turns_about_the_eyes_with_the_head():
    level, turned = crops([head()])[0], crops([head(roll=30)])[0]
    assert turned.roll == pytest.approx(30, abs=1e-3)
    assert turned.width == pytest.approx(level.width, rel=1e-5)
    down = level.y - 80
    assert turned.x == pytest.approx(100 - down * 0.5, abs=0.01)
    assert turned.y == pytest.approx(80 + down * np.sqrt(0.75), abs=0.01)


def test_roll_is_averaged_across_half_a_turn():
    rolls = [crop.roll for crop in crops([head(roll=r) for r in (178, 179, -180, -179, -178)])]
    assert abs(rolls[2]) == pytest.approx(180, abs=0.01)


def test_the_size_is_held_against_noise_and_follows_a_zoom():
    rng = np.random.default_rng(0)
    noisy = [crop.width for crop in crops([head(scale=60 * s) for s in rng.normal(1, 0.01, 60)])]
    assert max(noisy) / min(noisy) < 1.01
    zoom = [60 * 1.01**i for i in range(60)]
    ratios = [c.width / s for c, s in zip(crops([head(scale=s) for s in zoom]), zoom, strict=True)]
    width = crops([head(scale=1.0)])[0].width
    assert max(ratios[REACH:-REACH]) / width < 1.021
    assert min(ratios[REACH:-REACH]) / width > 0.979


def test_centre_and_roll_do_not_lag():
    moved = crops([head(x=100 + 2 * i, roll=i) for i in range(20)])
    level = [100 + 2 * i - (c.y - 80) * np.tan(np.radians(i)) for i, c in enumerate(moved)]
    assert np.abs([c.x - x for c, x in zip(moved, level, strict=True)]).max() < 0.05
    assert moved[10].roll == pytest.approx(10, abs=0.01)
    jump = [head(x=100.0)] * 5 + [head(x=110.0)] * 5
    assert crops(jump, smooth=1)[5].x == pytest.approx(110, abs=0.01)
    assert crops(jump, smooth=5)[5].x == pytest.approx(106, abs=0.01)


def test_a_cut_ends_everything():
    small, large = [head(scale=40)] * 4, [head(x=300, scale=90)] * 4
    cut = crops(small + large, shots=[0] * 4 + [1] * 4)
    alone = crops(small) + crops(large)
    assert cut == alone


def test_frames_without_landmarks():
    lost = [head(x=100.0), None, None, head(x=103.0)]
    boxes = [(10, 10, 70, 90)] * 4
    found = crops(lost, boxes=boxes, smooth=1)
    whole = crops([head(x=100.0)])[0]
    assert [round(c.x - whole.x, 3) for c in found] == [0, 1, 2, 3]
    crop = crops([None], boxes=boxes[:1])[0]
    assert (crop.x, crop.y, crop.roll) == (40, 50, 0)
    assert crop.width * crop.height == pytest.approx(60 * 80, rel=1e-5)
    assert crop.width / crop.height == pytest.approx(whole.width / whole.height)


def test_the_kinds_of_crops():
    image = data.astronaut()[:320, 60:380, ::-1].copy()
    frames = [Frame(image, i / 25, i) for i in range(3)]
    detector = BlazeFaceDetector()
    level = [frame.faces[0] for frame in track_crops(frames, detector, "s3fd")]
    assert all(face.crop == Crop.of_box(face.box) for face in level)
    assert all(face.landmarks is None for face in level)
    aligned = [frame.faces[0] for frame in track_crops(frames, detector, "aligned")]
    pose = aligned[0].landmarks.pose
    assert aligned[0].crop.roll == pytest.approx(pose.roll, abs=1e-3)
    assert len({round(face.crop.width, 6) for face in aligned}) == 1
    nobody = track_crops([Frame(EMPTY, 0.0, 0)], detector, "aligned")
    assert [frame.faces for frame in nobody] == [[]]
