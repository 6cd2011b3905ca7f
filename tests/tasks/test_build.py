import pytest
import torch

from wav2lip.errors import InputError
from wav2lip.tasks.build import build


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
