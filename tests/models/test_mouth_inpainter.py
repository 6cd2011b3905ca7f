import pytest
import torch
from networks import seeded

from wav2lip.models import MouthInpainter
from wav2lip.models.mouth_inpainter import compose


@pytest.fixture
def layers():
    """Candidates of one grey each, an opening on the left, which the second candidate shows."""
    levels = torch.linspace(0.1, 0.7, 7).view(1, 7, 1, 1, 1)
    inside, shape = torch.zeros(1, 6, 72, 96), torch.zeros(1, 2, 72, 96)
    inside[:, 0, :, :20] = 1
    shape[:, 0, :, :40] = 1
    shape[:, 1] = 1
    return levels.expand(1, 7, 3, 72, 96).contiguous(), inside, shape


def test_shapes_and_size(layers):
    network = MouthInpainter().eval()
    weights, colour = network(*layers)
    assert (weights.shape, colour.shape) == ((1, 8, 72, 96), (1, 3, 72, 96))
    torch.testing.assert_close(weights.sum(1), torch.ones(1, 72, 96))
    assert sum(p.numel() for p in network.parameters()) == 216_700


def test_an_untrained_network_shows_what_masks_suggest(layers):
    weights, _ = MouthInpainter().eval()(*layers)
    assert weights[0, 1, :, :20].min() > 0.8  # the candidate whose mouth is open there
    assert weights[0, 7, :, 20:40].min() > 0.8  # the drawn colour
    assert weights[0, 0, :, 40:].min() > 0.95  # the moved frame at the lips


def test_a_missing_exemplar_has_no_weight(layers):
    colours, inside, shape = layers
    colours[:, 5:] = 0
    weights, _ = seeded(MouthInpainter())(colours, inside, shape)
    assert weights[:, 5:7].max() == 0


def test_composition_stays_in_the_region():
    candidates, colour = torch.rand(1, 7, 3, 4, 4), torch.rand(1, 3, 4, 4)
    weights, region = torch.zeros(1, 8, 4, 4), torch.zeros(1, 4, 4)
    weights[:, 7, :2], weights[:, 3, 2:] = 1, 1
    region[..., :2] = 1
    composed = compose(candidates, weights, colour, region)
    torch.testing.assert_close(composed[..., 2:], candidates[:, 0, :, :, 2:])
    torch.testing.assert_close(composed[..., :2, :2], colour[..., :2, :2])
    torch.testing.assert_close(composed[..., 2:, :2], candidates[:, 3, :, 2:, :2])


def test_a_deep_network_has_a_fourth_resolution(layers):
    network = MouthInpainter(deep=True).eval()
    weights, colour = network(*layers)
    assert (weights.shape, colour.shape) == ((1, 8, 72, 96), (1, 3, 72, 96))
    assert sum(p.numel() for p in network.parameters()) == 1_046_636
    assert (len(network.down), len(network.up)) == (3, 3)


def test_a_deep_network_keeps_what_a_photo_shows(layers):
    colours, inside, shape = layers
    network = MouthInpainter(deep=True).eval()
    video, _ = network(colours, inside, shape)
    colours[:, 3:] = 0
    photo, _ = network(colours, inside, shape)
    plain, _ = MouthInpainter().eval()(colours, inside, shape)
    assert 0.8 < video[0, 1, :, :20].min() < 0.9
    assert photo[0, 1, :, :20].min() > 0.99 > plain[0, 1, :, :20].max()
    torch.testing.assert_close(photo[0, :, :, 20:], plain[0, :, :, 20:])


def test_at_inference_a_photo_keeps_what_it_shows_even_against_the_network(layers):
    colours, inside, shape = layers
    colours[:, 3:] = 0
    network = MouthInpainter(deep=True).eval()
    with torch.no_grad():  # a network that wants to draw
        network.weights_and_colour.bias[7 * 4 : 8 * 4] = 15
    trained, _ = network(colours, inside, shape)
    network.prefer_own()
    kept, _ = network(colours, inside, shape)
    assert trained[0, 1, :, :20].max() < 0.01
    assert kept[0, 1, :, :20].min() > 0.99
    faint, _ = network(colours, inside / 2, shape)
    assert faint[0, 1, :, :20].max() < 0.01  # an edge is the network's
