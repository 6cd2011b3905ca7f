import numpy as np
import pytest
import torch
from torch import nn

from wav2lip.errors import InputError
from wav2lip.metrics.frechet import frechet_distance
from wav2lip.metrics.fvd import I3DFeatures


class Motion(nn.Module):
    """A stand-in for I3D: mean colour, and mean change from frame to frame."""

    def forward(self, video: torch.Tensor, rescale: bool, resize: bool, return_features: bool):
        assert rescale
        assert resize
        assert return_features
        change = (video[:, :, 1:] - video[:, :, :-1]).abs()
        return torch.cat((video.mean((2, 3, 4)), change.mean((2, 3, 4))), 1).repeat(1, 2)


@pytest.fixture
def network(tmp_path):
    torch.jit.script(Motion()).save(str(tmp_path / "i3d.pt"))
    return I3DFeatures(tmp_path / "i3d.pt")


def test_windows_of_16_frames_in_rgb(network):
    faces = np.zeros((40, 8, 8, 3), np.uint8)
    faces[16:32, ..., 2] = 90  # red
    features = network(faces)
    assert features.shape == (2, 12)  # 8 frames are too few for a third
    assert features[:, :3].tolist() == [[0, 0, 0], [90, 0, 0]]
    assert network(faces[:15]).shape == (0, 400)


def test_a_flicker_that_no_picture_shows_counts(network):
    rng = np.random.default_rng(0)
    still = np.repeat(rng.integers(40, 200, (12, 1, 8, 8, 3), dtype=np.uint8), 16, axis=1)
    values = []
    for amount in (0, 4, 12):
        flicker = still.copy()
        flicker[:, ::2] += np.uint8(amount)
        flicker[:, 1::2] -= np.uint8(amount)  # the mean picture stays
        sides = (
            np.concatenate([network(clip) for clip in clips])[:, :6] for clips in (still, flicker)
        )
        values.append(frechet_distance(*sides))
    assert values[0] < 1e-2 < values[1] < values[2]


def test_wrong_files_are_refused(tmp_path):
    with pytest.raises(InputError, match=r"none\.pt: no such file; give FVD's network"):
        I3DFeatures(tmp_path / "none.pt")
    (tmp_path / "text.pt").write_text("no network")
    with pytest.raises(InputError, match=r"text\.pt: not a TorchScript network"):
        I3DFeatures(tmp_path / "text.pt")
