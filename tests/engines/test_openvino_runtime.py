from importlib.util import find_spec

import pytest

from wav2lip.errors import InputError

if not find_spec("openvino"):
    pytest.skip("openvino is not installed", allow_module_level=True)


def test_a_device_that_is_missing_is_named():
    from wav2lip.engines.openvino_runtime import OpenVino

    with pytest.raises(
        InputError, match=r"provider npu: OpenVINO finds .*cpu.* on this machine; use one of them"
    ):
        OpenVino("npu")
    engine = OpenVino("auto", "cpu")
    assert engine.on_cpu
    assert engine.description.startswith("openvino 20")
    assert engine.description.endswith(", CPU")


def test_a_model_that_is_none_is_one_line():
    from wav2lip.engines.openvino_runtime import OpenVino

    with pytest.raises(InputError, match="OpenVINO cannot load it"):
        OpenVino().load(b"junk" * 9, ("x",), ("y",))
