import pytest
import torch
from numpy.testing import assert_allclose

from wav2lip.models import QualityDiscriminator

PROBABILITIES = [0.500119, 0.500475]


def test_default_is_the_published_network():
    network = QualityDiscriminator()
    state = network.state_dict()
    assert sum(p.numel() for p in network.parameters()) == 14_113_793
    assert len(state) == 28
    assert state["face_encoder_blocks.1.1.conv_block.0.weight"].shape == (64, 64, 5, 5)
    assert state["binary_pred.0.weight"].shape == (1, 512, 1, 1)


def test_literal_output_depends_on_the_lower_half_frame_by_frame(fill, uniform):
    network = fill(QualityDiscriminator(width=0.25), "small-")
    faces = uniform("faces", (2, 3, 5, 96, 96), 0, 1)
    with torch.inference_mode():
        out = network(faces)
        assert_allclose(torch.logit(out), network.logits(faces), atol=1e-5, rtol=0)
        clip_1_frame_3 = network(faces[1:, :, 3:4])
        faces[..., :48, :] = 0
        masked = network(faces)
    assert out.shape == (10, 1)
    assert_allclose(out[7:8], clip_1_frame_3, atol=1e-6, rtol=0)
    assert_allclose(out, masked, atol=0, rtol=0)
    assert_allclose(out[:2, 0], PROBABILITIES, atol=1e-5, rtol=0)


def test_an_untrained_network_already_tells_images_apart():
    torch.manual_seed(0)
    faces = torch.stack([torch.rand(3, 1, 96, 96), torch.full((3, 1, 96, 96), 0.5)])
    one, other = QualityDiscriminator(width=0.25).logits(faces).flatten().tolist()
    assert (
        abs(one - other) > 0.01
    )  # torch's default initialisation: 1e-7, and the loss stays at ln 2


@pytest.mark.parametrize("size", [48, 192, 288])
def test_sizes(size):
    network = QualityDiscriminator(width=0.125, image_size=size)
    assert network(torch.rand(2, 3, 2, size, size)).shape == (4, 1)


def test_an_odd_size_is_refused():
    with pytest.raises(ValueError, match="95"):
        QualityDiscriminator(image_size=95)
