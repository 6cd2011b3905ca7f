import pytest
import torch

from wav2lip.models import MeshSyncNet


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(0)
    return MeshSyncNet(width=16, embedding=8).eval()


def test_the_default_network_has_its_size():
    assert sum(p.numel() for p in MeshSyncNet().parameters()) == 613_376


def test_embeddings_are_unit_vectors_of_windows(network):
    sound, motion = network(torch.randn(2, 368, 60), torch.randn(2, 20, 12))
    assert sound.shape == motion.shape == (2, 16, 8)
    torch.testing.assert_close(sound.norm(dim=2), torch.ones(2, 16))
    torch.testing.assert_close(motion.norm(dim=2), torch.ones(2, 16))


def test_a_window_reads_its_five_frames_alone(network):
    sound, motion = torch.randn(1, 368, 60), torch.randn(1, 20, 12)
    before = network(sound, motion)
    sound[:, :, 3 * 9 : 3 * 10] += 1
    motion[:, 9] += 1
    for old, new in zip(before, network(sound, motion), strict=True):
        changed = (old - new).abs().amax(dim=(0, 2)) > 1e-6
        assert changed.nonzero().ravel().tolist() == [5, 6, 7, 8, 9]


def test_the_mel_alone_can_be_read():
    network = MeshSyncNet(width=8, speech=False)
    assert network.channels == 80
    assert network.embed_audio(torch.zeros(1, 80, 15)).shape == (1, 1, 64)
