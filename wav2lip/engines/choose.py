"""Choose the engine that runs a generator."""

from importlib.util import find_spec
from typing import TYPE_CHECKING

from wav2lip.checkpoints.exported import ExportedNetwork
from wav2lip.checkpoints.open import has_torch
from wav2lip.engines.engine import AnyEngine
from wav2lip.engines.exported_engine import ExportedEngine, ExportedMeshEngine
from wav2lip.engines.graph import Runtime
from wav2lip.errors import InputError
from wav2lip.utils.platform import has_nvidia_driver

if TYPE_CHECKING:
    from wav2lip.checkpoints.load import LoadedNetwork

AUTO, TORCH, ONNXRUNTIME, OPENVINO = "auto", "torch", "onnxruntime", "openvino"
CPU, CUDA = "cpu", "cuda"
ENGINES = (AUTO, TORCH, ONNXRUNTIME, OPENVINO)
OPENVINO_DEVICES = ("gpu", "npu")  # names of providers that ONNX Runtime does not have
FASTEST = (OPENVINO, ONNXRUNTIME)  # for an exported network on a CPU; see docs/engines.md


def prefers_torch(name: str, device: str, provider: str) -> bool:
    """Tell whether a generator that comes in both forms, such as the bundled one, should be loaded for torch.

    Torch runs it if it is asked for; and, where the choice is free, on a GPU that torch has and this build of ONNX
    Runtime has not: the usual build computes on the CPU alone.

    Args:
        name: one of `ENGINES`.
        device: "auto", "cpu" or a GPU.
        provider: see `build_runtime`.
    """
    if name != AUTO or provider != AUTO or device == CPU or not has_torch():
        return name == TORCH
    if device == AUTO and not has_nvidia_driver():
        return False
    from wav2lip.engines.onnxruntime_runtime import has_provider

    if has_provider(CUDA if device == AUTO else device):
        return False
    from wav2lip.utils.devices import torch_device

    return device != AUTO or torch_device(AUTO).type == CUDA


def engine_name(
    network: "LoadedNetwork | ExportedNetwork", name: str, provider: str, device: str = AUTO
) -> str:
    """Return the engine that a name means for a network.

    "auto" runs a checkpoint of torch with torch, since exporting it takes seconds, and an exported one with the fastest
    library that is installed, or, on a GPU that is named, with ONNX Runtime. A provider chooses the library that has
    it.

    Raises:
        InputError: an exported network does not run with torch.
    """
    exported = isinstance(network, ExportedNetwork)
    if name == TORCH and exported:
        raise InputError(
            f"{network.path}: is exported, so engine torch cannot run it; use onnxruntime, openvino or auto",
            settings=("engine",),
        )
    if name != AUTO:
        return name
    if provider.lower().partition(".")[0] in OPENVINO_DEVICES:
        return OPENVINO
    if provider != AUTO and provider.lower() != CPU:
        return ONNXRUNTIME
    if not exported:
        return TORCH if provider == AUTO else ONNXRUNTIME
    if device not in (AUTO, CPU):
        return ONNXRUNTIME
    return next(choice for choice in FASTEST if find_spec(choice) or choice == ONNXRUNTIME)


def build_runtime(name: str, device: str, provider: str) -> Runtime:
    """Prepare ONNX Runtime or OpenVINO.

    Args:
        name: "onnxruntime" or "openvino".
        device: "auto", "cpu" or a GPU.
        provider: "auto", an execution provider of ONNX Runtime, or a device of OpenVINO.

    Raises:
        InputError: the library or the provider is missing.
    """
    if name == OPENVINO:
        from wav2lip.engines.openvino_runtime import OpenVino

        return OpenVino(provider, device)
    from wav2lip.engines.onnxruntime_runtime import OnnxRuntime

    return OnnxRuntime(provider, device)


def build_engine(
    network: "LoadedNetwork | ExportedNetwork",
    name: str = AUTO,
    *,
    device: str = AUTO,
    provider: str = AUTO,
    runtime: Runtime | None = None,
) -> tuple[AnyEngine, list[str]]:
    """Prepare a generator for inference.

    Args:
        network: a generator. One of torch is exported in memory for another engine.
        name: one of `ENGINES`.
        device: "auto", "cpu" or a GPU.
        provider: see `build_runtime`.
        runtime: runs an exported network, in place of one by name.

    Returns:
        The engine, and warnings for the user.

    Raises:
        InputError: the engine is not installed, cannot run the network, or lacks the provider.
    """
    name = ONNXRUNTIME if runtime else engine_name(network, name, provider, device)
    if name == TORCH:
        from wav2lip.engines.torch_build import build_torch_engine

        return build_torch_engine(network, device), []  # type: ignore[arg-type]
    runtime = runtime or build_runtime(name, device, provider)
    if not isinstance(network, ExportedNetwork):
        from wav2lip.checkpoints.onnx_export import export_in_memory

        network = export_in_memory(network)
    mesh = network.config["_target_"].endswith(".MeshGenerator")
    engine = (ExportedMeshEngine if mesh else ExportedEngine)(network, runtime)
    return engine, runtime.warnings
