import numpy as np
import pytest
from mouth_clips import write_mouth_corpus

from wav2lip.clips import ClipFile
from wav2lip.data.augment import AugmentSettings
from wav2lip.data.datamodule import load_clips
from wav2lip.data.mouth_pairs import MouthPairDataset, crop_landmarks, read_mouths
from wav2lip.errors import InputError


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    folder = tmp_path_factory.mktemp("mouths")
    return folder, write_mouth_corpus(folder, {"train": 2, "val": 1})


@pytest.fixture
def clips(corpus):
    return load_clips([str(corpus[0])], "train")


def test_mouths_are_measured(clips, corpus):
    mouths = read_mouths(clips[0].path)
    assert mouths.frames.tolist() == list(range(40))
    assert np.corrcoef(mouths.opening, corpus[1])[0, 1] > 0.98
    assert 0.6 < mouths.height < 0.85
    assert np.abs(mouths.angles - mouths.angles[0]).max() < 1


def test_landmarks_are_pixels_of_the_crop(clips):
    file = ClipFile(clips[0].path)
    face = crop_landmarks(file, 10)
    assert face.points[:, :2].min() > 0
    assert face.points[:, :2].max() < 240
    assert face.lip_opening > crop_landmarks(file, 0).lip_opening + 0.05


def test_a_sample_has_the_layers_and_its_true_picture(clips):
    dataset = MouthPairDataset(clips, samples=40)
    assert len(dataset) == 40
    first, again = dataset[3], MouthPairDataset(clips, samples=40)[3]
    assert first["candidates"].shape == (7, 3, 72, 96)
    assert (first["inside"].shape, first["shape"].shape) == ((6, 72, 96), (2, 72, 96))
    assert first["target"].shape == (3, 72, 96)
    for name in ("candidates", "inside", "shape", "target"):
        assert (first[name] == again[name]).all()


def test_the_moved_frame_is_near_the_target_outside_the_mouth(clips):
    dataset = MouthPairDataset(clips, samples=40)
    for index in range(8):
        sample = dataset[index]
        outside = sample["shape"][1] < 0.01
        difference = (sample["candidates"][0].float() - sample["target"].float()).abs().mean(0)
        assert difference[outside].mean() < 6


def test_exemplars_are_sometimes_missing_and_never_in_validation(clips):
    dataset = MouthPairDataset(clips, samples=60)
    given = [
        sum(bool(sample["candidates"][place].max()) for place in (3, 5))
        for sample in (dataset[i] for i in range(60))
    ]
    assert 10 < given.count(0) < 40
    assert given.count(1) > 2
    assert given.count(2) > 10
    assert MouthPairDataset(clips)[0]["candidates"][3:].max() == 0


def test_augmentation_changes_pictures_alike(clips):
    plain = MouthPairDataset(clips, samples=20)
    bright = MouthPairDataset(clips, samples=20, augment=AugmentSettings(flip=0, colour=0.3))
    for index in range(3):
        a, b = plain[index], bright[index]
        ratios = [
            float(b[name].float().mean() / a[name].float().mean())
            for name in ("candidates", "target")
        ]
        assert ratios[0] == pytest.approx(ratios[1], abs=0.03)
    mirrored = MouthPairDataset(clips, samples=20, augment=AugmentSettings(flip=1, colour=0))
    assert (mirrored[0]["target"] == plain[0]["target"].flip(-1)).all()
    assert (mirrored[0]["shape"] == plain[0]["shape"].flip(-1)).all()


def test_small_faces_are_left_out(clips):
    with pytest.raises(InputError, match="no clip is left"):
        MouthPairDataset(clips, min_face=500)


def test_sharpening_adds_detail_to_all_pictures_alike(clips):
    plain = MouthPairDataset(clips, samples=20, augment=AugmentSettings(flip=0, colour=0))
    sharp = MouthPairDataset(
        clips, samples=20, augment=AugmentSettings(flip=0, colour=0, sharpen=2)
    )

    def detail(picture):
        rows = picture.float().mean(0)
        return (rows[1:] - rows[:-1]).abs().mean()

    ratios = []
    for index in range(20):
        before, after = plain[index], sharp[index]
        assert (before["shape"] == after["shape"]).all()
        missing = before["candidates"].amax((1, 2, 3)) == 0
        assert (after["candidates"].amax((1, 2, 3)) == 0).equal(missing)
        ratios.append(float(detail(after["target"]) / detail(before["target"])))
    assert 0.5 < np.mean(np.array(ratios) > 1.05) < 1  # the others stay as they are
    assert min(ratios) > 0.97
