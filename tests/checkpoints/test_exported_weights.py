import pytest
import torch
from networks import seeded

from wav2lip.checkpoints import build_network, load_network, save_network
from wav2lip.checkpoints.export import export_network
from wav2lip.errors import InputError

pytest.importorskip("onnx")
SYNCNET = {"_target_": "wav2lip.models.SyncNet", "width": 0.25}
GENERATOR = {"_target_": "wav2lip.models.Generator", "width": 0.125}
MESH = {
    "_target_": "wav2lip.models.MeshGenerator", "inpainter_width": 0.25, "width": 8, "stacks": 1,
    "dilations": [1], "components": 3, "lookahead_ms": 100,
}  # fmt: skip


def exported(config, folder, precision="fp32"):
    """A network whose batch norms are not the identity, and the exported file."""
    network = seeded(build_network(config))
    save_network(folder / "a.safetensors", network, config, {"training_id": "seed 3"}, half=False)
    export_network(folder / "a.safetensors", folder / "a.onnx", precision=precision)
    return network, folder / "a.onnx"


@pytest.mark.parametrize(
    ("config", "shapes"),
    [
        (SYNCNET, [(2, 1, 80, 16), (2, 15, 48, 96)]),
        (GENERATOR, [(2, 1, 80, 16), (2, 6, 96, 96)]),
    ],
)
@torch.no_grad()
def test_an_exported_file_is_a_checkpoint(config, shapes, tmp_path):
    network, path = exported(config, tmp_path)
    loaded = load_network(path)
    assert (loaded.config, loaded.identity) == (config, "seed 3")
    inputs = [torch.rand(shape) for shape in shapes]
    for ours, theirs in zip(loaded.network(*inputs), network(*inputs), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-5)


@torch.no_grad()
def test_fp16_is_read_as_it_was_rounded(tmp_path):
    network, path = exported(SYNCNET, tmp_path, "fp16")
    weight = load_network(path, "syncnet").network.face_encoder[0].conv_block[0].weight
    assert weight.dtype == torch.float32
    assert torch.equal(weight, weight.half().float())
    inputs = torch.rand(2, 1, 80, 16), torch.rand(2, 15, 48, 96)
    for ours, theirs in zip(load_network(path).network(*inputs), network(*inputs), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=0.02, atol=0.01)


def test_weights_without_names_are_refused(tmp_path):
    _, path = exported(MESH, tmp_path)
    with pytest.raises(InputError, match=r"a\.onnx: was exported for inference alone; give the "):
        load_network(path)
    with pytest.raises(InputError, match=r"a\.onnx: holds a generator, not a sync expert"):
        load_network(path, "syncnet")
