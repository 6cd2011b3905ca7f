import pytest
import torch

from wav2lip.errors import InputError
from wav2lip.tasks.base import build, to_float, warmup_cosine


@pytest.mark.parametrize(
    "target",
    [
        "os.system",
        "wav2lip.checkpoints.os.system",  # importable through our own package
        "wav2lip.errors.sys.exit",
        "wav2lip.losses.F.relu",
        "torch.optim.lr_scheduler.math.exp",
        "torch.optim.swa_utils.update_bn",
        "wav2lip.losses.cosine_bce",
        "",
    ],
)
def test_a_target_outside_is_refused(target):
    with pytest.raises(InputError, match=r"is refused"):
        build({"_target_": target})


def test_a_target_hidden_in_an_argument_is_not_called(tmp_path):
    hidden = {"_target_": "pathlib.Path.touch", "self": str(tmp_path / "run")}
    with pytest.raises(InputError, match="cannot be built"):
        build({"_target_": "wav2lip.models.SyncNet", "width": hidden})
    assert not (tmp_path / "run").exists()


def test_networks_losses_and_optimizers_are_built():
    loss = build({"_target_": "wav2lip.losses.WindowContrast", "within": 0.5})
    assert loss.within == 0.5
    optimizer = build({"_target_": "torch.optim.SGD", "lr": 0.1}, loss.parameters())
    assert optimizer.param_groups[0]["lr"] == 0.1
    network = build({"_target_": "wav2lip.models.SyncNet", "width": 0.0625})
    assert isinstance(network, torch.nn.Module)


def test_a_misspelt_argument_is_named():
    with pytest.raises(InputError, match="widht"):
        build({"_target_": "wav2lip.models.SyncNet", "widht": 0.5})
    with pytest.raises(InputError, match="withn"):
        build({"_target_": "wav2lip.losses.WindowContrast", "withn": 0.5})


def test_images_become_floats_between_0_and_1():
    images = to_float(torch.tensor([0, 51, 255], dtype=torch.uint8))
    assert images.dtype == torch.float32
    assert images.tolist() == pytest.approx([0, 0.2, 1])


def test_the_rate_warms_up_then_falls_to_its_floor():
    factors = [warmup_cosine(step, 4, 20) for step in range(25)]
    assert factors[:4] == [0.25, 0.5, 0.75, 1.0]
    assert factors[4] == 1.0
    assert factors[12] == pytest.approx(0.51)
    assert factors[20:] == pytest.approx([0.02] * 5)
    assert warmup_cosine(9, 4, -1) == 1.0  # no end: constant
