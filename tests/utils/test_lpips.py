import pytest
import torch
import torchvision

from wav2lip.errors import InputError
from wav2lip.utils.lpips import load_lpips


def test_files_that_are_not_its_weights_are_named(tmp_path):
    with pytest.raises(InputError, match=r"no\.pth: no such file"):
        load_lpips(tmp_path / "no.pth")
    torch.save({"x": torch.zeros(1)}, tmp_path / "other.pth")
    with pytest.raises(InputError, match=r"other\.pth: is not the backbone of LPIPS; give"):
        load_lpips(tmp_path / "other.pth")
    (tmp_path / "text.pth").write_text("text")
    with pytest.raises(InputError, match=r"text\.pth: cannot be read as weights"):
        load_lpips(tmp_path / "text.pth")


def test_another_backbone_than_the_wanted_one_is_refused(tmp_path):
    state = torchvision.models.vgg16().features[:1].state_dict()
    torch.save({f"features.{key}": value for key, value in state.items()}, tmp_path / "vgg.pth")
    with pytest.raises(InputError, match=r"vgg\.pth: is not the backbone.*give .*alexnet-owt-\*"):
        load_lpips(tmp_path / "vgg.pth", "alex")
    with pytest.raises(InputError, match=r"vgg\.pth: features\.0\.bias is missing|features\.2"):
        load_lpips(tmp_path / "vgg.pth")
