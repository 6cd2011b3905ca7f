import torch
from numpy.testing import assert_allclose

from wav2lip.models import SyncNetV2

AUDIO = [2.729308, -3.910372, -1.723566]
LIP = [19.570555, -33.249943, -2.769437]


def test_default_is_the_published_network(fill, uniform):
    network = SyncNetV2()
    state = network.state_dict()
    assert sum(p.numel() for p in network.parameters()) == 13_631_616
    assert len(state) == 102
    assert state["netcnnaud.18.weight"].shape == (512, 256, 5, 4)
    assert state["netcnnlip.18.weight"].shape == (512, 256, 1, 6, 6)
    assert state["netfclip.3.weight"].shape == (1024, 512)
    fill(network, "judge-")
    with torch.inference_mode():
        audio, lip = network(
            uniform("mfcc", (1, 1, 13, 20), -20, 20), uniform("lip", (1, 3, 5, 224, 224), 0, 255)
        )
    assert audio.shape == lip.shape == (1, 1024)
    assert_allclose(audio[0, :3], AUDIO, atol=1e-3, rtol=1e-4)
    assert_allclose(lip[0, :3], LIP, atol=1e-3, rtol=1e-4)
