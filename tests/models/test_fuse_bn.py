import torch
from torch import nn

from wav2lip.models import Generator
from wav2lip.models.fuse_bn import fuse_batch_norms


def test_the_fused_generator_gives_the_same_without_a_batch_norm() -> None:
    torch.manual_seed(0)
    network = Generator(width=0.0625).eval()
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.uniform_(-0.5, 0.5)
            module.running_var.uniform_(0.5, 2.0)
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.uniform_(module.bias, -0.5, 0.5)
    fused = fuse_batch_norms(network)
    assert not any(isinstance(m, nn.BatchNorm2d) for m in fused.modules())
    assert any(isinstance(m, nn.BatchNorm2d) for m in network.modules())
    mel, face = torch.randn(2, 1, 80, 16), torch.rand(2, 6, 96, 96)
    with torch.no_grad():
        assert (network(mel, face) - fused(mel, face)).abs().max() < 1e-5
        assert network(mel, face).std() > 1e-3
