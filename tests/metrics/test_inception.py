import pytest
import torch
from torch.nn import functional
from torchvision.models.inception import Inception3

from wav2lip.errors import InputError
from wav2lip.metrics.inception import FIDInception


def test_features_are_inceptions_with_tensorflows_pooling(tmp_path, monkeypatch):
    torch.manual_seed(0)
    plain = Inception3(1008, aux_logits=False, init_weights=False)
    path = tmp_path / "inception.pth"
    torch.save(plain.state_dict(), path)
    network = FIDInception(path).train()
    images = torch.randint(0, 256, (1, 3, 96, 96), dtype=torch.uint8)
    features = network(images)
    assert features.shape == (1, 2048)
    assert not network.network.training

    average, calls = functional.avg_pool2d, []

    def pool(x, kernel_size, stride, padding):
        calls.append(x.shape[1])
        if len(calls) == 9:  # the ninth and last block that pools takes the maximum
            return functional.max_pool2d(x, kernel_size, stride, padding)
        return average(x, kernel_size, stride, padding, count_include_pad=False)

    monkeypatch.setattr(functional, "avg_pool2d", pool)
    plain.fc = torch.nn.Identity()
    size = functional.interpolate(images / 255, (299, 299), mode="bilinear", align_corners=False)
    with torch.no_grad():
        expected = plain.eval()(size * 2 - 1)
    assert calls == [192, 256, 288, 768, 768, 768, 768, 1280, 2048]
    torch.testing.assert_close(features, expected)


@pytest.mark.parametrize("content", [b"", b"no weights"])
def test_another_file_is_refused(tmp_path, content):
    path = tmp_path / "other.pth"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"other\.pth: not FID's"):
        FIDInception(path)
    torch.save({"a": torch.zeros(1)}, path)
    with pytest.raises(InputError, match=r"other\.pth: not FID's"):
        FIDInception(path)
