import os

import pytest
import torch
import torch.multiprocessing
from torch import nn

from wav2lip.tasks import GlobalBatchNorm
from wav2lip.tasks.batch_norm import SyncedBatchNorm1d, SyncedBatchNorm2d


def network():
    torch.manual_seed(0)
    norms = nn.BatchNorm2d(4), nn.ReLU(), nn.BatchNorm2d(4)
    return nn.Sequential(
        nn.Conv2d(3, 4, 3), *norms, nn.Flatten(), nn.Linear(64, 5), nn.BatchNorm1d(5, affine=False)
    )


def batch():
    generator = torch.Generator().manual_seed(1)
    return 20 + torch.randn(8, 3, 6, 6, generator=generator)


def step(model, images):
    """State and gradients after one pass over `images`, whose loss is no plain mean."""
    loss = model(images).square().mean() + model(images).abs().mean()
    loss.backward()
    grads = [p.grad for p in model.parameters()]
    return [loss.detach(), *grads, *(b.float() for b in model.buffers())]


def process(rank, port, folder):
    os.environ.update(MASTER_ADDR="127.0.0.1", MASTER_PORT=str(port))
    torch.distributed.init_process_group("gloo", rank=rank, world_size=2)
    model = GlobalBatchNorm().apply(network())
    assert (type(model[1]), type(model[6])) == (SyncedBatchNorm2d, SyncedBatchNorm1d)
    values = step(model, batch()[rank * 4 : rank * 4 + 4])
    for value in values:
        torch.distributed.all_reduce(value)
    torch.save([value / 2 for value in values], folder / f"{rank}.pt")
    torch.distributed.destroy_process_group()


@pytest.mark.slow
def test_two_halves_give_the_statistics_and_gradients_of_the_whole(tmp_path):
    port = 20000 + os.getpid() % 20000
    torch.multiprocessing.spawn(process, (port, tmp_path), nprocs=2)
    expected = step(network(), batch())
    found = torch.load(tmp_path / "0.pt", weights_only=True)
    assert len(found) == len(expected) == 1 + 8 + 9
    for one, other in zip(found, expected, strict=True):
        torch.testing.assert_close(one, other, atol=1e-5, rtol=1e-4)


def test_alone_and_in_evaluation_it_is_the_usual_norm_with_the_same_keys():
    plain = network()
    model = GlobalBatchNorm().apply(network())
    assert list(model.state_dict()) == list(plain.state_dict())
    assert torch.equal(model(batch()), plain(batch()))
    assert torch.equal(model.eval()(batch()), plain.eval()(batch()))
    plain = GlobalBatchNorm().revert(model)
    assert (type(plain[1]), type(plain[6])) == (nn.BatchNorm2d, nn.BatchNorm1d)
