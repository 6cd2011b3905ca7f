import sys
from types import SimpleNamespace

import pytest
import torch

from wav2lip.checkpoints.bundled import GENERATOR
from wav2lip.checkpoints.exported import ExportedNetwork, load_exported
from wav2lip.engines import choose, torch_build
from wav2lip.engines.choose import engine_name, prefers_torch
from wav2lip.errors import InputError
from wav2lip.inference.lip_syncer import LipSyncer
from wav2lip.utils.onnx import runtime

CPU_BUILD = ["AzureExecutionProvider", "CPUExecutionProvider"]
GPU_BUILD = ["CUDAExecutionProvider", "CPUExecutionProvider"]


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch):
    """Pretend that a machine has a GPU, and builds of the libraries."""

    def pretend(providers: list[str], *, driver: bool = True, cuda: bool = True) -> None:
        monkeypatch.setattr(runtime(), "get_available_providers", lambda: providers)
        monkeypatch.setattr(choose, "has_nvidia_driver", lambda: driver)
        monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda)

    return pretend


@pytest.mark.parametrize(
    ("engine", "device", "provider", "on_cpu_build", "on_gpu_build"),
    [
        ("auto", "cuda", "auto", True, False),
        ("auto", "cuda:1", "auto", True, False),
        ("auto", "mps", "auto", True, True),
        ("auto", "auto", "auto", True, False),
        ("auto", "cpu", "auto", False, False),
        ("auto", "cuda", "tensorrt", False, False),
        ("onnxruntime", "cuda", "auto", False, False),
        ("torch", "cpu", "auto", True, True),
    ],
)
def test_torch_runs_on_a_gpu_that_onnx_runtime_cannot_use(
    machine, engine, device, provider, on_cpu_build, on_gpu_build
):
    machine(CPU_BUILD)
    assert prefers_torch(engine, device, provider) is on_cpu_build
    machine(GPU_BUILD)
    assert prefers_torch(engine, device, provider) is on_gpu_build


def test_without_a_gpu_auto_does_not_ask_torch(machine, monkeypatch):
    machine(CPU_BUILD, driver=False)
    assert not prefers_torch("auto", "auto", "auto")
    machine(CPU_BUILD, cuda=False)  # a driver, but torch's build is for the CPU
    assert not prefers_torch("auto", "auto", "auto")
    monkeypatch.setitem(sys.modules, "torch", None)
    assert not prefers_torch("auto", "cuda", "auto")


@pytest.fixture(scope="module")
def exported() -> ExportedNetwork:
    return load_exported(GENERATOR.with_suffix(".onnx"))


@pytest.mark.parametrize("provider", ["gpu", "GPU.1", "npu"])
def test_devices_of_openvino_mean_openvino(exported, provider):
    assert engine_name(exported, "auto", provider) == "openvino"
    assert engine_name(exported, "auto", "cuda") == "onnxruntime"


def test_a_named_gpu_is_not_given_to_openvino(exported, monkeypatch):
    monkeypatch.setattr(choose, "find_spec", lambda name: SimpleNamespace())  # all are installed
    assert engine_name(exported, "auto", "auto", "cuda") == "onnxruntime"
    assert engine_name(exported, "auto", "auto", "cpu") == "openvino"
    assert engine_name(exported, "auto", "auto") == "openvino"


def test_the_bundled_generator_runs_with_torch_on_such_a_gpu(machine, monkeypatch):
    machine(CPU_BUILD)
    asked = []

    def cpu_in_place(name):
        asked.append(name)
        return torch.device("cpu")

    monkeypatch.setattr(torch_build, "torch_device", cpu_in_place)
    syncer = LipSyncer.from_checkpoint("default", "cuda")
    assert syncer.engine.startswith(f"torch {torch.__version__}, ")
    assert asked == ["cuda"]


def test_a_gpu_that_nothing_has_is_one_line(machine):
    machine(CPU_BUILD, cuda=False)
    with pytest.raises(InputError, match=r"^device cuda:99: this machine .* use cpu or auto$"):
        LipSyncer.from_checkpoint("default", "cuda:99")
