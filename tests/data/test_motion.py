from dataclasses import replace

import numpy as np
import pytest
import torch
from motion_clips import landmarks, rewritten, write_motion_clip, write_motion_corpus

from wav2lip.clips import ClipFile
from wav2lip.data.augment import AugmentSettings
from wav2lip.data.datamodule import collate, load_clips
from wav2lip.data.motion import MotionDataset, put_pause, read_motion
from wav2lip.errors import InputError
from wav2lip.media.alignment import frame_times
from wav2lip.media.mel import mel_spectrogram
from wav2lip.synthetic.voice import speak


@pytest.fixture(scope="module")
def clips(tmp_path_factory):
    folder = tmp_path_factory.mktemp("motion")
    write_motion_corpus(folder, {"train": 3, "val": 1}, seconds=2)
    return load_clips([str(folder)], "train")


def test_motion_is_that_of_the_mouth_over_the_scale_of_the_person(clips):
    motion = read_motion(clips[0].path)
    voice = speak(0, 2.0)
    opening, _ = voice.mouth_at(frame_times(50, 25))
    assert motion.seen.all()
    assert motion.coefficients.shape == (50, 12)
    np.testing.assert_allclose(motion.coefficients[:, 0] * motion.scale, 4 * opening, atol=0.15)
    assert motion.coefficients[np.argmin(opening), 0] == pytest.approx(0, abs=0.3)


def test_a_frame_without_landmarks_does_not_count(tmp_path, clips):
    mesh = landmarks(np.linspace(0, 2, 50)[:, None])
    mesh[10:13] = np.nan
    motion = read_motion(rewritten(tmp_path / "gap", clips[0].path, mesh))
    assert np.flatnonzero(~motion.seen).tolist() == [10, 11, 12]
    assert not motion.coefficients[10:13].any()
    none = read_motion(rewritten(tmp_path / "none", clips[0].path, np.full_like(mesh, np.nan)))
    assert not none.seen.any()


def test_a_window_holds_its_sound_and_its_motion(clips):
    dataset = MotionDataset(clips, samples=8, frames=20, seed=3)
    sample = dataset[5]
    assert sample["audio"].shape == (80, 64 + 56)
    assert sample["motion"].shape == (20, 12)
    again = MotionDataset(clips, samples=8, frames=20, seed=3)[5]
    assert all(torch.equal(again[k], v) for k, v in sample.items() if k != "clip")
    path = next(clip.path for clip in clips if clip.row.clip == sample["clip"])
    motion = read_motion(path)
    (start,) = [
        i for i in range(31) if np.array_equal(motion.coefficients[i : i + 20], sample["motion"])
    ]
    columns = 2 * sample["steps"].numpy() + 0.5  # of the sample
    first = 80 * start // 25 - 28  # of the clip
    np.testing.assert_allclose(columns + first, 3.2 * (start + np.arange(20)), atol=1e-3)
    np.testing.assert_array_equal(sample["audio"], ClipFile(path).mel(first, 120))
    late = MotionDataset(clips, samples=8, frames=20, seed=3, delay=0.05)[5]
    torch.testing.assert_close(late["steps"], sample["steps"] + 2)
    assert torch.equal(late["motion"], sample["motion"])


def test_a_short_clip_is_padded_and_validation_takes_whole_clips(clips):
    sample = MotionDataset(clips, samples=2, frames=70)[0]
    assert sample["weight"].tolist() == [1] * 50 + [0] * 20
    assert not sample["motion"][50:].any()
    dataset = MotionDataset(clips)
    assert len(dataset) == 3
    assert dataset[1]["motion"].shape == (50, 12)
    assert dataset[1]["clip"] == clips[1].row.clip
    assert collate([dataset[0], dataset[1]])["audio"].shape == (2, 80, 160 + 56)


def test_clips_in_which_nobody_speaks_are_left_out(clips):
    still = replace(clips[0], row=replace(clips[0].row, mar_low=0.02, mar_high=0.04))
    unknown = replace(clips[1], row=replace(clips[1].row, mar_low=None, mar_high=None))
    assert MotionDataset([still, unknown, clips[2]]).clips == [unknown, clips[2]]
    with pytest.raises(InputError, match="no clip is left"):
        MotionDataset([still])


def test_clips_of_different_rates_are_refused(clips):
    slow = replace(clips[1], row=replace(clips[1].row, fps=50.0))
    with pytest.raises(InputError, match=r"has 50 frames per second, .* 25; preprocess all clips"):
        MotionDataset([clips[0], slow], samples=4)
    assert MotionDataset(clips, samples=4).fps == 25.0


def test_the_mouth_closes_in_a_pause():
    mel = np.zeros((80, 400), np.float32)
    steps = np.linspace(0, 199, 126)
    rng = np.random.default_rng(1)
    for _ in range(20):
        silenced, spoken = put_pause(mel, steps, rng)
        silent = (silenced == -4).all(axis=0)
        assert np.array_equal(silenced[:, ~silent], mel[:, ~silent])
        inside = np.interp(steps, np.arange(400) / 2, silent) == 1
        assert (spoken[~inside & (np.abs(spoken - 1) < 1e-9)] == 1).all()
        deep = np.array([silent[max(0, int(2 * s) - 9) : int(2 * s) + 10].all() for s in steps])
        assert not spoken[deep].any()
        loud = np.array([not silent[max(0, int(2 * s) - 2) : int(2 * s) + 3].any() for s in steps])
        assert (spoken[loud] == 1).all()
    assert not mel.any()  # the input is left as it is


def test_pauses_and_augmentation_are_for_training_alone(clips):
    augment = AugmentSettings(gain=10, noise=1)
    settings = {"pauses": 1.0, "augment": augment}
    trained = MotionDataset(clips, samples=4, frames=50, **settings)[0]
    validated = MotionDataset(clips, **settings)[0]
    assert (trained["audio"] == -4).float().mean() < 0.1  # noise fills the pause
    plain = MotionDataset(clips)[0]
    assert torch.equal(validated["audio"], plain["audio"])
    assert torch.equal(validated["motion"], plain["motion"])


def test_mel_and_clip_agree(tmp_path):
    row = write_motion_clip(tmp_path, "one", "train", 0, 2.0)
    voice = speak(0, 2.0)
    file = ClipFile(tmp_path / row.clip)
    np.testing.assert_array_equal(file.whole_mel, mel_spectrogram(voice.wav))
