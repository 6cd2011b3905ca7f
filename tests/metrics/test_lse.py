from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from wav2lip.errors import InputError
from wav2lip.metrics import (
    fine_offset,
    lse,
    mfcc,
    sync_curve,
    sync_distances,
    window_distances,
)
from wav2lip.metrics.lse import shift_distances, window_count
from wav2lip.models import SyncNetV2

GOLDEN = Path(__file__).parents[1] / "golden" / "scores.npz"


class SmallJudge(nn.Module):
    """The shapes of SyncNet v2 at a thousandth of its cost; the norms tell eval from train mode."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.audio = nn.Sequential(nn.Flatten(), nn.Linear(13 * 20, 24), nn.BatchNorm1d(24))
        self.lip = nn.Sequential(nn.AdaptiveAvgPool3d((5, 4, 4)), nn.Flatten())
        self.head = nn.Sequential(nn.Linear(3 * 5 * 16, 24), nn.BatchNorm1d(24))

    def forward_audio(self, mfcc):
        return self.audio(mfcc)

    def forward_lip(self, frames):
        return self.head(self.lip(frames))


class PlantedJudge:
    """Sound k matches lips k + offset."""

    label = "planted"

    def __init__(self, offset: int) -> None:
        self.offset = offset

    def embed(self, frames, pcm, count):
        rng = np.random.default_rng(3)
        world = torch.from_numpy(rng.standard_normal((count + 60, 32)).astype(np.float32))
        return world[30 : 30 + count], world[30 - self.offset : 30 - self.offset + count]


def clip(frames: int, samples: int):
    rng = np.random.default_rng(1)
    pictures = rng.integers(0, 256, (frames, 224, 224, 3), dtype=np.uint8)
    return pictures, rng.integers(-3000, 3000, samples).astype(np.int16)


def slow_distances(frames, pcm, judge, count):
    """One window and one pair at a time, straight from the definition."""
    features = mfcc(np.pad(pcm, (0, 640)))
    sounds, lips = [], []
    with torch.no_grad():
        for w in range(count):
            sound = torch.tensor(features[4 * w : 4 * w + 20].T[None, None], dtype=torch.float32)
            sounds.append(judge.forward_audio(sound)[0].numpy().astype(float))
            film = torch.tensor(np.stack([frames[w + k] for k in range(5)])).float()
            lips.append(judge.forward_lip(film.permute(3, 0, 1, 2)[None])[0].numpy().astype(float))
    means = []
    for shift in range(-15, 16):
        total = 0.0
        for w in range(count):
            sound = sounds[w + shift] if 0 <= w + shift < count else np.zeros(24)
            total += np.sqrt(((lips[w] - sound + 1e-6) ** 2).sum())
        means.append(total / count)
    return np.array(means)


@pytest.mark.parametrize(("windows", "count"), [("published", 17), ("all", 18)])
def test_distances_agree_with_a_slow_reference(windows, count):
    frames, pcm = clip(22, 22 * 640)
    judge = SmallJudge().eval()
    got = sync_distances(frames, pcm, judge, windows)
    assert got.shape == (31,)
    np.testing.assert_allclose(got, slow_distances(frames, pcm, judge, count), rtol=1e-5)


def test_a_judge_in_train_mode_scores_the_same_and_stays_in_train_mode():
    frames, pcm = clip(12, 12 * 640)
    judge = SmallJudge()
    expected = sync_distances(frames, pcm, judge.eval())
    judge.train()
    judge.lip.eval()
    np.testing.assert_array_equal(sync_distances(frames, pcm, judge), expected)
    assert judge.training
    assert judge.audio[2].training
    assert not judge.lip.training
    assert judge.audio[2].num_batches_tracked == 0


def test_golden_scores(fill):
    golden = np.load(GOLDEN)
    frames = np.cumsum(golden["frame_changes"], 0, dtype=np.uint8)
    distances = sync_distances(frames, golden["pcm"], fill(SyncNetV2(), "public-"))
    np.testing.assert_allclose(distances, golden["mean_distance"], rtol=1e-4)
    score = lse(distances)
    assert score.distance == pytest.approx(float(golden["lse_d"]), rel=1e-4)
    assert score.confidence == pytest.approx(float(golden["lse_c"]), rel=1e-4)
    assert score.av_offset == golden["av_offset"] == -15


def test_lse_of_known_distances():
    distances = np.full(31, 10.0)
    distances[12] = 4.0
    distances[:5] = 30.0
    assert lse(distances) == (4.0, 6.0, 3)
    with pytest.raises(ValueError, match="31"):
        lse(np.zeros(30))


@pytest.mark.parametrize("offset", [-9.3, -0.5, 0.0, 0.25, 4.4])
def test_the_fine_offset_finds_parts_of_a_frame(offset):
    shifts = 15 - np.arange(31)
    valley = 1.4 - 0.4 * np.exp(-(((shifts - offset) / 3) ** 2))
    assert fine_offset(valley) == pytest.approx(offset, abs=0.03)
    assert fine_offset(np.abs(shifts - 3.0)) == 3


def test_the_fine_offset_of_no_valley():
    assert fine_offset(np.linspace(2, 1, 31)) == -15
    assert fine_offset(np.linspace(1, 2, 31)) == 15
    assert fine_offset(np.ones(31)) == 15
    flat = np.ones(31)
    flat[10:13] = 0.5
    assert fine_offset(flat) == pytest.approx(5, abs=0.5)


@pytest.mark.parametrize("offset", range(-10, 11))
def test_a_planted_offset_comes_back(offset):
    frames, pcm = clip(1, 0)
    frames = np.broadcast_to(frames, (60, 224, 224, 3))
    pcm = np.zeros(60 * 640, np.int16)
    for windows in ("published", "all"):
        for padding in ("zeros", "none"):
            score = lse(sync_distances(frames, pcm, PlantedJudge(offset), windows, padding))
            assert score.av_offset == offset


def test_window_count():
    assert window_count(40, 25_600) == 35
    assert window_count(40, 25_600, "all") == 36
    assert window_count(40, 25_599) == 34
    assert window_count(6, 99_999) == 1
    assert window_count(5, 99_999, "all") == 1
    with pytest.raises(InputError, match="give 6 frames"):
        window_count(5, 99_999)
    with pytest.raises(InputError, match=r"0\.20 s of sound.* give 6 frames"):
        window_count(40, 3200)


def test_without_padding_only_real_pairs_count():
    lips, audio = torch.zeros(20, 4), torch.ones(20, 4)
    padded = shift_distances(lips, audio)
    real = shift_distances(lips, audio, "none")
    assert padded.shape == real.shape == (20, 31)
    assert padded[0, 0] < 1e-4  # lips of 0 against the padding's 0
    assert np.isnan(real[0, :15]).all()
    np.testing.assert_allclose(real[0, 15:], 2.0, atol=1e-5)
    assert np.isfinite(real).sum() == 20 * 31 - 2 * sum(range(1, 16))
    frames, pcm = clip(20, 20 * 640)
    with pytest.raises(InputError, match="21 frames"):
        sync_distances(frames, pcm, SmallJudge(), padding="none")


def test_wrong_input_is_refused():
    frames, pcm = clip(8, 8 * 640)
    with pytest.raises(ValueError, match="uint8"):
        window_distances(frames.astype(np.float32), pcm, SmallJudge())
    with pytest.raises(ValueError, match="int16"):
        window_distances(frames, pcm / 32768, SmallJudge())
    with pytest.raises(ValueError, match="224"):
        window_distances(frames[:, :96, :96], pcm, SmallJudge())


def test_curve_finds_the_second_that_is_out_of_sync():
    distances = np.full((75, 31), 8.0, np.float32)
    distances[:, 13] = 2.0
    distances[25:48, 13] = 9.0  # their middles lie between 1.1 s and 2.0 s
    distances[25:48, 20] = 3.0
    curve = sync_curve(distances)
    np.testing.assert_array_equal(curve.av_offset, [2, -5, 2, 2])
    np.testing.assert_allclose(curve.times, [0.55, 1.54, 2.54, 3.06], atol=0.06)
    assert curve.confidence[0] == 6.0
    assert curve.distance[0] == 2.0
    assert curve.confidence[1] < 0 < curve.confidence[2]
