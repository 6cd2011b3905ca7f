import pytest
import torch
from torch import nn

from wav2lip.losses import WindowContrast
from wav2lip.models import SyncNet
from wav2lip.tasks.grad_cache import embed_in_chunks, frozen_statistics


def gradients(network, loss, mel, lips, chunk):
    network.zero_grad()
    if chunk is None:
        audio, face = network(mel, lips)
    else:
        audio, face = embed_in_chunks(network, network, mel, lips, chunk)
    loss(audio.unflatten(0, (3, 4)), face.unflatten(0, (3, 4))).backward()
    return torch.cat([p.grad.flatten() for p in network.parameters()])


@pytest.fixture
def double_batch():
    torch.manual_seed(0)
    network = SyncNet(0.25, 48, embedding=16, max_residuals=0).double()
    network.embed_audio = lambda mel: nn.functional.normalize(network.audio_encoder(mel).flatten(1))
    network.embed_face = lambda lips: nn.functional.normalize(network.face_encoder(lips).flatten(1))
    mel, lips = torch.randn(12, 1, 80, 16).double(), torch.rand(12, 15, 24, 48).double()
    return network, WindowContrast(0.5).double(), mel, lips


@pytest.mark.parametrize("chunk", [5, 4, 100])
def test_the_gradient_is_that_of_the_whole_batch(double_batch, chunk):
    network, loss, mel, lips = double_batch
    network.eval()  # batch statistics depend on the chunk; without them the gradient is exact
    whole = gradients(network, loss, mel, lips, None)
    parts = gradients(network, loss, mel, lips, chunk)
    assert whole.norm() > 1e-3
    assert (whole - parts).abs().max() < 1e-12


def test_batch_statistics_are_updated_once_per_chunk(double_batch):
    network, loss, mel, lips = double_batch
    before = {key: value.clone() for key, value in network.state_dict().items()}
    gradients(network, loss, mel, lips, 4)
    chunked = {key: value.clone() for key, value in network.state_dict().items()}
    network.load_state_dict(before)
    for part in range(3):
        network(mel[4 * part : 4 * part + 4], lips[4 * part : 4 * part + 4])
    for key, value in network.state_dict().items():
        assert torch.equal(value, chunked[key])


def test_a_last_window_alone_joins_the_chunk_before_it():
    sizes = []

    def embed(mel, lips):
        sizes.append(len(mel))
        return mel, lips

    values = torch.arange(9.0).requires_grad_()
    audio, _ = embed_in_chunks(embed, nn.Identity(), values, values, 4)
    assert audio.tolist() == list(range(9))
    assert sizes == [4, 5]


def test_frozen_statistics_stay_as_they_are_and_move_again_afterwards():
    norm = nn.BatchNorm1d(2)
    values = torch.randn(4, 2)
    with frozen_statistics(norm):
        norm(values)
    assert (norm.num_batches_tracked, norm.running_mean.tolist()) == (0, [0, 0])
    norm(values)
    assert norm.num_batches_tracked == 1
    assert norm.running_mean.tolist() == pytest.approx((0.1 * values.mean(0)).tolist())
