import numpy as np
import pytest

from wav2lip.engines.onnxruntime_runtime import OnnxRuntime, provider_name
from wav2lip.errors import InputError
from wav2lip.utils.onnx import runtime

onnx = pytest.importorskip("onnx")


@pytest.fixture(scope="module")
def model():
    """Doubles x."""
    make = onnx.helper
    values = [make.make_tensor_value_info(name, 1, ["n"]) for name in ("x", "double")]
    graph = make.make_graph(
        [make.make_node("Add", ["x", "x"], ["double"])], "g", values[:1], values[1:]
    )
    opset = [make.make_opsetid("", 17)]
    return make.make_model(graph, opset_imports=opset, ir_version=8).SerializeToString()


def test_the_cpu_runs_by_default(model):
    engine = OnnxRuntime("auto", "cpu")
    (double,) = engine.load(model, ("x",), ("double",))(np.float32([1, 2]))
    assert double.tolist() == [2, 4]
    assert engine.description == f"onnxruntime {runtime().__version__}, CPUExecutionProvider"
    assert (engine.on_cpu, engine.warnings) == (True, [])


def test_a_provider_that_does_not_start_is_a_warning(model, monkeypatch):
    providers = ["CUDAExecutionProvider", "CPUExecutionProvider"]  # the library lacks the first
    monkeypatch.setattr(runtime(), "get_available_providers", lambda: providers)
    assert provider_name("auto", "auto") == "CUDAExecutionProvider"
    engine = OnnxRuntime("cuda")
    assert not engine.on_cpu
    with pytest.warns(UserWarning, match="CUDAExecutionProvider"):
        graph = engine.load(model, ("x",), ("double",))
    assert graph(np.float32([3]))[0].tolist() == [6]
    assert engine.on_cpu
    assert engine.warnings == [
        "CUDAExecutionProvider did not start, so the generator runs on the CPU"
    ]
    assert engine.description.endswith(", CPUExecutionProvider")


@pytest.mark.parametrize("name", ["cpu", "CPU", "CPUExecutionProvider", "cpuexecutionprovider"])
def test_short_and_full_names(name):
    assert provider_name(name, "auto") == "CPUExecutionProvider"


@pytest.mark.parametrize(
    ("name", "device", "message"),
    [
        ("tensorrt", "auto", "provider tensorrt: this build of ONNX Runtime has cpu; install onnxruntime-gpu in place"),
        ("directml", "auto", "install onnxruntime-directml in place of onnxruntime"),
        ("auto", "cuda:1", "provider cuda: this build of ONNX Runtime has cpu; install onnxruntime-gpu"),
        ("nonsense", "auto", "provider nonsense: this build of ONNX Runtime has cpu; use cpu"),
    ],
)  # fmt: skip
def test_a_provider_that_is_missing_names_the_build(name, device, message, monkeypatch):
    available = ["AzureExecutionProvider", "CPUExecutionProvider"]
    monkeypatch.setattr(runtime(), "get_available_providers", lambda: available)
    with pytest.raises(InputError) as caught:
        provider_name(name, device)
    assert message in str(caught.value)


def test_a_model_that_is_none_is_one_line():
    with pytest.raises(InputError, match="ONNX Runtime cannot load it"):
        OnnxRuntime("cpu").load(b"\x08\x08junk", ("x",), ("y",))
