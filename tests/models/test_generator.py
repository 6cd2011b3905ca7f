import pytest
import torch
from numpy.testing import assert_allclose

from wav2lip.models import Generator, SyncNet
from wav2lip.models.generator import mask_lower_half

GENERATOR_PIXEL = [0.489129, 0.543702, 0.498103]
GENERATOR_MEAN = 0.564201


def parameters(network) -> int:
    return sum(p.numel() for p in network.parameters())


def test_default_is_the_published_network():
    network = Generator()
    state = network.state_dict()
    assert parameters(network) == 36_298_035
    assert len(state) == 352
    assert state["face_encoder_blocks.0.0.conv_block.0.weight"].shape == (16, 6, 7, 7)
    assert state["face_encoder_blocks.6.1.conv_block.1.running_var"].shape == (512,)
    assert state["audio_encoder.12.conv_block.0.weight"].shape == (512, 512, 1, 1)
    assert state["face_decoder_blocks.6.0.conv_block.0.weight"].shape == (160, 64, 3, 3)
    assert state["output_block.1.weight"].shape == (3, 32, 1, 1)


def test_literal_output_of_a_small_network(fill, uniform):
    network = fill(Generator(width=0.25), "small-")
    mel = uniform("mel", (2, 1, 80, 16), -4, 4)
    face = uniform("face", (2, 6, 96, 96), 0, 1)
    with torch.inference_mode():
        out = network(mel, face)
    assert out.shape == (2, 3, 96, 96)
    assert_allclose(out[0, :, 48, 48], GENERATOR_PIXEL, atol=1e-4, rtol=0)
    assert out.mean().item() == pytest.approx(GENERATOR_MEAN, abs=1e-4)


@pytest.mark.parametrize(("size", "scales"), [(48, 6), (96, 7), (192, 8), (288, 8), (384, 9)])
def test_every_size_reaches_one_pixel_and_full_size_again(size, scales):
    network = Generator(width=0.125, image_size=size).eval()
    with torch.inference_mode():
        face = torch.rand(1, 6, size, size)
        maps = network.face_encoder_blocks(face)
        out = network(torch.zeros(1, 1, 80, 16), face)
    assert len(maps) == scales
    assert maps[0].shape[-2:] == (size, size)
    assert maps[-1].shape[-2:] == (1, 1)
    assert out.shape == (1, 3, size, size)


def test_a_time_axis_equals_the_frames_one_by_one(fill, uniform):
    network = fill(Generator(width=0.125), "time-")
    mels = uniform("mels", (2, 3, 1, 80, 16), -4, 4)
    faces = uniform("faces", (2, 6, 3, 96, 96), 0, 1)
    with torch.inference_mode():
        out = network(mels, faces)
        one = network(mels[1:, 2], faces[1:, :, 2])
    assert out.shape == (2, 3, 3, 96, 96)
    assert_allclose(out[1:, :, 2], one, atol=1e-5, rtol=0)


def test_width_and_lists_slim_it():
    assert Generator(width=0.25).state_dict()["output_block.1.weight"].shape == (3, 8, 1, 1)
    slim = Generator(
        width=0.25,
        decoder_channels=[8, 16, 32, 64, 96, 128, 128],
        face_channels=[8, 8, 16, 32, 64, 128, 128],
        audio_channels=[8, 16, 32, 64, 128],
        max_residuals=1,
    )
    # 8 decoder channels at full size joined with 8 of the encoder
    assert slim.state_dict()["output_block.0.conv_block.0.weight"].shape == (8, 16, 3, 3)
    assert parameters(slim) < 0.7 * parameters(Generator(width=0.25))
    assert slim(torch.zeros(2, 1, 80, 16), torch.zeros(2, 6, 96, 96)).shape == (2, 3, 96, 96)


def test_without_skips_the_face_enters_at_the_bottleneck_alone(fill, uniform):
    network = fill(Generator(width=0.125, skips=False), "no-skips-")
    mel = uniform("mel", (1, 1, 80, 16), -4, 4)
    with torch.inference_mode():
        a = network(mel, uniform("a", (1, 6, 96, 96), 0, 1))
        b = network(mel, uniform("b", (1, 6, 96, 96), 0, 0.5))
    assert network.state_dict()["face_decoder_blocks.2.0.conv_block.0.weight"].shape[0] == 64
    assert (a - b).abs().max() > 1e-4


def test_the_experts_audio_encoder_fits():
    expert = SyncNet(width=0.25, embedding=128)
    network = Generator(width=0.25, audio_residuals=(2, 2, 2, 2))
    network.audio_encoder.load_state_dict(expert.audio_encoder.state_dict())


def test_gradients_reach_both_inputs(fill, uniform):
    network = fill(Generator(width=0.125), "grad-")
    mel = uniform("mel", (1, 1, 80, 16), -4, 4).requires_grad_()
    face = uniform("face", (1, 6, 96, 96), 0, 1).requires_grad_()
    network(mel, face).mean().backward()
    assert mel.grad is not None
    assert mel.grad.abs().max() > 0
    assert face.grad is not None
    assert face.grad.abs().max() > 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"image_size": 100}, "image_size 100"),
        ({"width": 0}, "width"),
        ({"face_channels": [8, 8]}, "face_channels"),
        ({"decoder_channels": [8, 8]}, "decoder_channels"),
        ({"audio_channels": [8, 8]}, "audio encoder"),
    ],
)
def test_errors_name_the_argument(arguments, message):
    with pytest.raises(ValueError, match=message):
        Generator(**arguments)


def test_a_face_of_another_size_is_refused():
    with pytest.raises(ValueError, match="96x96 faces, not 64x64"):
        Generator(width=0.125)(torch.zeros(1, 1, 80, 16), torch.zeros(1, 6, 64, 64))


def test_pixel_unshuffle_and_warping_start_from_the_reference():
    torch.manual_seed(0)  # the flow is small for most weights, not for all
    network = Generator(width=0.25, fold=2, warp=True, embedding=16, rectify_sound=False).eval()
    state = network.state_dict()
    assert state["face_encoder_blocks.0.0.conv_block.0.weight"].shape == (8, 24, 3, 3)
    assert len(network.face_encoder_blocks) == 6  # the scales of 48 px
    assert state["output_block.1.weight"].shape == (24, 8, 1, 1)
    face = torch.rand(2, 6, 96, 96)
    with torch.inference_mode():
        out = network(torch.zeros(2, 1, 80, 16), face)
    assert out.shape == (2, 3, 96, 96)
    assert torch.equal(out[:, :, :48], face[:, :3, :48])
    # Untrained, a share of sigmoid(-2) = 0.119 is grey; the flow is a fraction of a pixel.
    blended = 0.881 * face[:, 3:, 48:] + 0.119 * 0.5
    assert (out[:, :, 48:] - blended).abs().mean() < 0.05


def test_decode_starts_from_the_audio_code():
    network = Generator(width=0.125, embedding=16).eval()
    mel, face = torch.rand(2, 1, 80, 16), torch.rand(2, 6, 96, 96)
    with torch.inference_mode():
        assert torch.equal(network(mel, face), network.decode(network.audio_encoder(mel), face))


def test_the_audio_code_may_be_negative_if_not_rectified():
    network = Generator(width=0.125, embedding=16, rectify_sound=False)
    assert (network.audio_encoder(torch.rand(4, 1, 80, 16)) < 0).any()
    assert not (Generator(width=0.125).audio_encoder(torch.rand(4, 1, 80, 16)) < 0).any()


def test_a_size_that_fold_does_not_divide_is_refused():
    with pytest.raises(ValueError, match="multiple of 2"):
        Generator(image_size=96, fold=5)


def test_lower_half_is_masked():
    faces = torch.ones(2, 3, 96, 96)
    masked = mask_lower_half(faces)
    assert masked[:, :, :48].min() == 1
    assert masked[:, :, 48:].max() == 0
    assert faces.min() == 1
