import pytest

from wav2lip.checkpoints import build_network
from wav2lip.errors import InputError
from wav2lip.utils.fields import to_plain


def test_plain_data_has_dicts_and_lists_alone():
    assert to_plain({1: ("a", {"b": (2,)})}) == {"1": ["a", {"b": [2]}]}


@pytest.mark.parametrize(
    "target", ["os.system", "wav2lip.models", "wav2lip.models_evil.Generator", "subprocess.run", ""]
)
def test_targets_outside_the_package_are_refused(target):
    with pytest.raises(InputError, match="refused"):
        build_network({"_target_": target})


def test_arguments_that_do_not_fit_are_named():
    with pytest.raises(InputError, match="image_size 100"):
        build_network({"_target_": "wav2lip.models.Generator", "image_size": 100})
    with pytest.raises(InputError, match="depth"):
        build_network({"_target_": "wav2lip.models.SyncNet", "depth": 3})
