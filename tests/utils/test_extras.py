import json
import sys

import pytest

from wav2lip.errors import InputError
from wav2lip.utils.extras import require_extra


def test_gives_the_module():
    assert require_extra("json", "train") is json


def test_a_missing_module_names_the_extra_and_the_distribution(monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(InputError) as error:
        require_extra("ray", "ray")
    assert str(error.value) == (
        "ray is not installed; run: pip install 'wav2lip-lab[ray]' "
        "(in a checkout: pip install '.[ray]')"
    )


def test_a_module_that_is_broken_is_not_called_missing(tmp_path, monkeypatch):
    (tmp_path / "half_installed.py").write_text("import no_such_module_anywhere\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ModuleNotFoundError, match="no_such_module_anywhere"):
        require_extra("half_installed", "train")
