from types import SimpleNamespace

import numpy as np
import pytest

from wav2lip.data.datamodule import load_clips
from wav2lip.data.datasets import LipDataset
from wav2lip.data.reference import (
    PoseMatchedReference,
    RandomReference,
    mouth_distance,
    pose_distance,
    pose_matched,
)
from wav2lip.synthetic.clips import write_synthetic_corpus


def thumbs(*levels: tuple[int, int]):
    """15 px pictures with a dot in the upper and one in the lower half, of these grey levels."""
    pictures = np.full((len(levels), 15, 15), 100, np.uint8)
    for picture, (upper, lower) in zip(pictures, levels, strict=True):
        picture[2:5, 6:9] = upper
        picture[11:13, 6:9] = lower
    return pictures


def test_pose_is_the_upper_half_and_the_box_and_mouth_the_lower_half():
    boxes = np.tile(np.array([0, 0, 80, 100], np.float64), (3, 1))
    same = pose_distance(boxes, thumbs((0, 0), (0, 255), (255, 0)))
    assert same.shape == (2,)
    assert same[0] == 0
    assert same[1] > 0.05
    boxes[1] = (30, 30, 90, 130)  # elsewhere and a quarter narrower: turned away
    assert pose_distance(boxes, thumbs((0, 0), (0, 0), (0, 0)))[0] == pytest.approx(
        0.1438, abs=1e-3
    )
    mouth = mouth_distance(thumbs((0, 0), (255, 0), (0, 200)))
    assert mouth[0] == 0
    assert mouth[1] > 0.05


def test_light_that_changes_is_neither_pose_nor_mouth():
    pictures = thumbs((50, 50), (50, 50))
    pictures[1] += 40
    assert pose_distance(np.tile([0.0, 0, 9, 9], (2, 1)), pictures)[0] < 1e-9
    assert mouth_distance(pictures)[0] < 1e-9


def test_the_most_different_mouth_among_the_nearest_poses_is_taken():
    pose = np.array([0.1, 0.9, 0.2, 0.3, 0.8, 0.7])
    mouth = np.array([0.1, 0.9, 0.4, 0.8, 0.7, 0.6])
    assert pose_matched(pose, mouth, nearest=1 / 3) == 2  # of 0 and 2
    assert pose_matched(pose, mouth, nearest=1.0) == 1
    assert pose_matched(pose[:1], mouth[:1]) == 0


def test_a_matched_reference_looks_like_the_target_but_for_its_mouth():
    """Frames 0-19 look left, 20-39 right; the mouth opens from frame 30 on and in 10-14."""
    levels = [(0 if f < 20 else 255, 255 if f >= 30 or 10 <= f < 15 else 0) for f in range(40)]
    pictures = thumbs(*levels)
    file = SimpleNamespace(
        boxes=lambda: np.tile(np.array([0, 0, 9, 9], np.float32), (40, 1)),
        thumbnails=lambda frames: pictures[frames],
    )
    policy = PoseMatchedReference(candidates=30)
    for seed in range(10):
        start = policy(file, 0, range(36), np.random.default_rng(seed))
        assert start >= 5
        assert 10 <= start + 2 < 15  # open mouth, same pose as frame 2
    assert PoseMatchedReference()(file, 1, range(3), np.random.default_rng(0)) in (0, 2)


def test_a_random_reference_never_overlaps_its_target():
    policy = RandomReference()
    chosen = {policy(None, 5, range(11), np.random.default_rng(seed)) for seed in range(50)}
    assert chosen == {0, 10}


@pytest.fixture(scope="module")
def clips(tmp_path_factory):
    folder = tmp_path_factory.mktemp("corpus")
    write_synthetic_corpus(folder, {"train": 2}, seconds=2.0, image_size=48)
    return load_clips([str(folder)], "train")


def test_the_dataset_takes_a_policy_and_stays_seeded(clips):
    plain = LipDataset(clips, samples=20, image_size=48)
    same = LipDataset(clips, samples=20, image_size=48, reference=RandomReference())
    matched = [
        LipDataset(clips, samples=20, image_size=48, reference=PoseMatchedReference())
        for _ in range(2)
    ]
    assert (plain[3]["reference"] == same[3]["reference"]).all()
    assert (matched[0][3]["reference"] == matched[1][3]["reference"]).all()
    assert (matched[0][3]["target"] == plain[3]["target"]).all()
    assert any((matched[0][i]["reference"] != plain[i]["reference"]).any() for i in range(5))
