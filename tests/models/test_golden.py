"""Every key, shape and output of the published networks; see tests/golden/README.md."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from wav2lip.models import Generator, QualityDiscriminator, SyncNet, SyncNetV2

SALT = "public-"
GOLDEN = Path(__file__).parents[1] / "golden"


@pytest.fixture(scope="module")
def golden():
    shapes = json.loads((GOLDEN / "state_dict_shapes.json").read_text())
    return shapes, np.load(GOLDEN / "models.npz")


def agree(out, expected):
    assert out.shape == expected.shape
    assert np.abs(out.numpy() - expected).max() <= 1e-4 * np.abs(expected).max()


def build(cls, name, shapes, fill):
    network = cls()
    state = network.state_dict()
    assert {k: list(v.shape) for k, v in state.items()} == {
        k: list(v) for k, v in shapes[name].items()
    }
    return fill(network, SALT)


def test_generator(golden, fill, uniform):
    shapes, outputs = golden
    network = build(Generator, "generator", shapes, fill)
    with torch.inference_mode():
        mel = uniform(f"{SALT}gen.mel", (2, 1, 80, 16), -4, 4)
        agree(network(mel, uniform(f"{SALT}gen.face", (2, 6, 96, 96), 0, 1)), outputs["gen_out"])
        mels = uniform(f"{SALT}gen.mel5", (1, 5, 1, 80, 16), -4, 4)
        faces = uniform(f"{SALT}gen.face5", (1, 6, 5, 96, 96), 0, 1)
        agree(network(mels, faces), outputs["gen_out5"])


def test_syncnet(golden, fill, uniform):
    shapes, outputs = golden
    network = build(SyncNet, "syncnet", shapes, fill)
    with torch.inference_mode():
        audio, face = network(
            uniform(f"{SALT}sync.mel", (2, 1, 80, 16), -4, 4),
            uniform(f"{SALT}sync.face", (2, 15, 48, 96), 0, 1),
        )
    agree(audio, outputs["sync_audio"])
    agree(face, outputs["sync_face"])


def test_quality_discriminator(golden, fill, uniform):
    shapes, outputs = golden
    network = build(QualityDiscriminator, "disc", shapes, fill)
    with torch.inference_mode():
        out = network(uniform(f"{SALT}disc.face", (1, 3, 5, 96, 96), 0, 1))
    agree(out, outputs["disc_out"])


def test_syncnet_v2(golden, fill, uniform):
    shapes, outputs = golden
    network = build(SyncNetV2, "syncnet_v2", shapes, fill)
    with torch.inference_mode():
        audio = network.forward_audio(uniform(f"{SALT}v2.mfcc", (2, 1, 13, 20), -20, 20))
        lip = network.forward_lip(uniform(f"{SALT}v2.lip", (2, 3, 5, 224, 224), 0, 255))
    agree(audio, outputs["v2_audio"])
    agree(lip, outputs["v2_lip"])
