import pytest
import torch
from numpy.testing import assert_allclose

from wav2lip.models import SyncNet

COSINE = [0.308724, 0.32916]


def test_default_is_the_published_network():
    network = SyncNet()
    state = network.state_dict()
    assert sum(p.numel() for p in network.parameters()) == 16_435_072
    assert len(state) == 217
    assert state["face_encoder.1.conv_block.0.weight"].shape == (64, 32, 5, 5)
    assert state["face_encoder.16.conv_block.0.weight"].shape == (512, 512, 1, 1)
    assert state["audio_encoder.13.conv_block.1.running_mean"].shape == (512,)


def test_literal_embeddings_of_a_small_network(fill, uniform):
    network = fill(SyncNet(width=0.25), "small-")
    with torch.inference_mode():
        audio, face = network(
            uniform("mel", (2, 1, 80, 16), -4, 4), uniform("lips", (2, 15, 48, 96), 0, 1)
        )
    assert audio.shape == face.shape == (2, 512)
    assert_allclose(audio.norm(dim=1), [1, 1], rtol=1e-5)
    assert_allclose(face.norm(dim=1), [1, 1], rtol=1e-5)
    cosine = (audio * face).sum(1)
    assert_allclose(cosine, COSINE, atol=1e-4, rtol=0)


@pytest.mark.parametrize("stem_stride", [1, 2])
@pytest.mark.parametrize("size", [48, 96, 192, 288])
def test_sizes_and_stems(size, stem_stride):
    network = SyncNet(width=0.125, image_size=size, stem_stride=stem_stride, embedding=64).eval()
    with torch.inference_mode():
        audio, face = network(torch.zeros(1, 1, 80, 16), torch.rand(1, 15, size // 2, size))
    assert audio.shape == face.shape == (1, 64)


def test_a_stem_of_stride_two_has_one_stage_less():
    def stages(network):
        strided = [b for b in network.face_encoder if b.conv_block[0].stride == (2, 2)]
        return len(strided)

    assert stages(SyncNet(width=0.125)) == 4
    assert stages(SyncNet(width=0.125, stem_stride=2)) == 1 + 3
    assert stages(SyncNet(width=0.125, image_size=192)) == 5


def test_rectified_or_not(fill, uniform):
    lips = uniform("lips", (4, 15, 48, 96), 0, 1)
    rectified = fill(SyncNet(width=0.125), "relu-").embed_face(lips)
    signed = fill(SyncNet(width=0.125, final_relu=False), "relu-").embed_face(lips)
    assert rectified.min() == 0
    assert signed.min() < 0


def test_a_zero_vector_stays_zero_and_its_gradient_finite():
    network = SyncNet(width=0.125).eval()
    for last in (network.face_encoder[-1], network.audio_encoder[-1]):
        torch.nn.init.zeros_(last.conv_block[1].weight)
        torch.nn.init.zeros_(last.conv_block[1].bias)
    audio, face = network(torch.zeros(2, 1, 80, 16), torch.rand(2, 15, 48, 96))
    assert audio.abs().max() == 0
    (audio * face).sum().backward()
    assert all(torch.isfinite(p.grad).all() for p in network.parameters())


def test_embeddings_are_float32_under_autocast():
    network = SyncNet(width=0.125).eval()
    with torch.autocast("cpu", dtype=torch.bfloat16), torch.inference_mode():
        audio, face = network(torch.rand(2, 1, 80, 16), torch.rand(2, 15, 48, 96))
    assert audio.dtype == face.dtype == torch.float32
    assert_allclose(face.norm(dim=1), [1, 1], rtol=1e-5)


@pytest.mark.parametrize(
    "arguments", [{"image_size": 95}, {"stem_stride": 3}, {"face_channels": [8, 8]}]
)
def test_errors_name_the_argument(arguments):
    with pytest.raises(ValueError, match=r"not \d|not 95|entries here"):
        SyncNet(**arguments)


def test_a_longer_window_takes_more_frames_and_more_sound():
    network = SyncNet(width=0.125, image_size=48, embedding=64, window=16).eval()
    with torch.inference_mode():
        audio, face = network(torch.zeros(2, 1, 80, 51), torch.rand(2, 48, 24, 48))
    assert audio.shape == face.shape == (2, 64)
    assert (
        SyncNet(width=0.125, window=5).state_dict().keys()
        == SyncNet(width=0.125).state_dict().keys()
    )


@pytest.mark.parametrize(("window", "frames"), [(16, 5), (5, 7), (5, 0)])
def test_frames_that_are_not_the_middle_of_the_window_are_refused(window, frames):
    with pytest.raises(ValueError, match=f"frames must be {window}, or less by an even number"):
        SyncNet(width=0.125, window=window, frames=frames)
