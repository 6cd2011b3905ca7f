import numpy as np
import pytest
import torch

from wav2lip.metrics import ExpertJudge, Judge, SyncNetV2Judge, lse, sync_distances
from wav2lip.metrics.judges import frame_windows, mfcc_windows
from wav2lip.models import SyncNet


def small_expert() -> SyncNet:
    torch.manual_seed(0)
    return SyncNet(width=0.125, image_size=96, stem_stride=2, embedding=32).eval()


def test_windows_of_frames_and_sound():
    frames = np.arange(12, dtype=np.uint8)[:, None, None, None].repeat(3, -1)
    windows = frame_windows(frames, 2, 5)
    assert windows.shape == (3, 5, 1, 1, 3)
    assert windows[:, :, 0, 0, 0].tolist() == [[2, 3, 4, 5, 6], [3, 4, 5, 6, 7], [4, 5, 6, 7, 8]]
    pcm = np.random.default_rng(0).integers(-9, 9, 640 * 12).astype(np.int16)
    sounds = mfcc_windows(pcm, 8)
    assert sounds.shape == (8, 1, 13, 20)
    np.testing.assert_array_equal(sounds[0, 0, :, 4:], sounds[1, 0, :, :16])


def test_the_expert_sees_lower_halves_frame_by_frame():
    rng = np.random.default_rng(0)
    faces = rng.integers(0, 256, (11, 96, 96, 3), dtype=np.uint8)
    mels = rng.uniform(-4, 4, (6, 80, 16)).astype(np.float32)
    expert = small_expert()
    judge = ExpertJudge(expert, lambda pcm, count: mels[:count], batch_size=4)
    assert isinstance(judge, Judge)
    assert "not comparable" in judge.label
    audio, lips = judge.embed(faces, np.zeros(11 * 640, np.int16), 6)
    assert audio.shape == lips.shape == (6, 32)
    window = [faces[3 + k, 48:, :, channel] for k in range(5) for channel in range(3)]
    picture = torch.tensor(np.stack(window)[None] / 255).float()
    with torch.no_grad():
        sound, face = expert(torch.tensor(mels[3][None, None]), picture)
    np.testing.assert_allclose(lips[3], face[0], rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(audio[3], sound[0], rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(lips, axis=1), np.ones(6), rtol=1e-5)


def test_an_expert_judges_through_the_same_call():
    rng = np.random.default_rng(0)
    faces = rng.integers(0, 256, (11, 96, 96, 3), dtype=np.uint8)
    pcm = np.zeros(11 * 640, np.int16)
    mels = rng.uniform(-4, 4, (6, 80, 16)).astype(np.float32)
    distances = sync_distances(faces, pcm, ExpertJudge(small_expert(), lambda _, n: mels[:n]))
    assert distances.shape == (31,)
    assert (distances >= 0).all()
    assert (distances <= 2).all()
    assert lse(distances).confidence >= 0
    with pytest.raises(ValueError, match=r"\(6,80,16\)"):
        sync_distances(faces, pcm, ExpertJudge(small_expert(), lambda _, n: mels[: n - 1]))


def test_the_published_judge_says_so():
    assert SyncNetV2Judge(small_expert()).label == "SyncNet v2"


def test_an_expert_of_sixteen_frames_gets_windows_of_sixteen():
    network = SyncNet(0.125, 48, embedding=16, window=16)
    mels = np.zeros((3, 80, 51), np.float32)
    judge = ExpertJudge(network, lambda _, n: mels[:n])
    faces = np.random.default_rng(0).integers(0, 256, (18, 48, 48, 3)).astype(np.uint8)
    audio, lips = judge.embed(faces, np.zeros(18 * 640, np.int16), 3)
    assert audio.shape == lips.shape == (3, 16)
    with torch.inference_mode():
        last = torch.from_numpy(faces[2:, 24:].copy()).permute(0, 3, 1, 2).reshape(1, 48, 24, 48)
        np.testing.assert_allclose(network.eval().embed_face(last / 255)[0], lips[2], atol=1e-5)
