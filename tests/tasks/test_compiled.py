import pytest
import torch

from wav2lip.models import Generator, QualityDiscriminator, SyncNet
from wav2lip.tasks.compiled import compile_stacks

TINY = {"width": 0.0625, "image_size": 48, "embedding": 16, "audio_residuals": (0, 0, 0, 0)}


@pytest.fixture
def graphs():
    """The graphs that a backend received."""
    yield []
    torch.compiler.reset()


def test_calls_other_than_forward_are_compiled_too(graphs):
    def backend(graph, _):
        graphs.append(graph)
        return graph.forward

    mel, face = torch.rand(2, 1, 80, 16), torch.rand(2, 6, 48, 48)
    generator = Generator(max_residuals=0, **TINY).eval()
    discriminator = QualityDiscriminator(width=0.0625, image_size=48)
    expert = SyncNet(max_residuals=0, **TINY).eval()
    calls = {
        "encode_audio": lambda: generator.audio_encoder(mel),
        "decode": lambda: generator.decode(torch.rand(2, 16, 1, 1), face),
        "logits": lambda: discriminator.logits(torch.rand(2, 3, 5, 48, 48)),
        "embed_audio": lambda: expert.embed_audio(mel),
        "embed_face": lambda: expert.embed_face(torch.rand(2, 15, 24, 48)),
    }
    for network in (generator, discriminator, expert):
        keys = list(network.state_dict())
        compile_stacks(network, backend)
        assert list(network.state_dict()) == keys
    for name, call in calls.items():
        torch.compiler.reset()  # or the generator's graphs may serve an encoder of the same layers
        before = len(graphs)
        call()
        assert len(graphs) > before, name


def test_what_is_compiled_gives_the_same(graphs):
    mel, face = torch.rand(2, 5, 1, 80, 16), torch.rand(2, 6, 5, 48, 48)
    generator = Generator(max_residuals=0, **TINY).eval()
    expected = generator(mel, face)
    compile_stacks(generator, "eager")
    assert torch.equal(generator(mel, face), expected)
