import torch
from networks import seeded

from wav2lip.models import PatchDiscriminator


def test_shapes_and_size():
    network = PatchDiscriminator()
    logits, features = network(torch.zeros(2, 3, 72, 96), torch.zeros(2, 2, 72, 96))
    assert logits.shape == (2, 1, 18, 24)
    assert [tuple(f.shape[1:]) for f in features] == [(32, 36, 48), (64, 18, 24), (96, 18, 24)]
    assert sum(p.numel() for p in network.parameters()) == 91_681


def test_a_place_is_judged_by_its_surroundings():
    network = seeded(PatchDiscriminator(0.25))
    picture, shape = torch.rand(1, 3, 72, 96), torch.zeros(1, 2, 72, 96)
    changed = picture.clone()
    changed[..., :8] = 0
    differs = (network(picture, shape)[0] != network(changed, shape)[0])[0, 0].any(0)
    assert 0 < differs.nonzero().max() * 4 < 8 + 22
