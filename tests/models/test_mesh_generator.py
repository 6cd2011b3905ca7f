import torch

from wav2lip.models import MeshGenerator


def test_it_has_both_networks():
    network = MeshGenerator(0.25, width=16, stacks=1, dilations=(1,), components=3)
    assert network(torch.zeros(1, 80, 20)).shape == (1, 3, 10)
    assert network.motion.basis.shape == (3, 205, 3)
    prefixes = {key.split(".")[0] for key in network.state_dict()}
    assert prefixes == {"motion", "inpainter"}
