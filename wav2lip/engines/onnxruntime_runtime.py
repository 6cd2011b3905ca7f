"""Run exported networks with ONNX Runtime, by any of its execution providers."""

from typing import Any

from numpy.typing import NDArray

from wav2lip.engines.graph import CPU_THREADS, Graph
from wav2lip.errors import InputError
from wav2lip.utils.onnx import ERRORS_ONLY, damage, runtime

SUFFIX = "ExecutionProvider"
CPU = f"CPU{SUFFIX}"
CUDA = f"CUDA{SUFFIX}"
REMOTE = f"Azure{SUFFIX}"  # it calls a service; it computes nothing
ALIASES = {"directml": "dml", "amd": "migraphx"}
# Provider -> the distribution whose build of ONNX Runtime has it; the others are listed in docs/engines.md.
BUILDS = {
    "cuda": "onnxruntime-gpu",
    "tensorrt": "onnxruntime-gpu",
    "dml": "onnxruntime-directml",
    "openvino": "onnxruntime-openvino",
    "migraphx": "onnxruntime-migraphx",
    "qnn": "onnxruntime-qnn",
}


def provider_name(name: str, device: str) -> str:
    """Return the full name of an execution provider that this build of ONNX Runtime has.

    Args:
        name: "auto", a short name such as "cuda", or a full one such as "CUDAExecutionProvider".
        device: "auto", "cpu", "cuda" or "cuda:1"; decides what "auto" means.

    Raises:
        InputError: this build lacks the provider.
    """
    available = [p for p in runtime().get_available_providers() if p != REMOTE]
    if name == "auto":
        if device == "auto":
            return CUDA if CUDA in available else CPU
        name = device.partition(":")[0]
    short = name.lower().removesuffix(SUFFIX.lower())
    short = ALIASES.get(short, short)
    for provider in available:
        if provider.lower() == f"{short}{SUFFIX.lower()}":
            return str(provider)
    names = ", ".join(p.removesuffix(SUFFIX).lower() for p in available)
    cure = f"install {BUILDS[short]} in place of onnxruntime" if short in BUILDS else f"use {names}"
    raise InputError(
        f"provider {name}: this build of ONNX Runtime has {names}; {cure}", settings=("provider",)
    )


def has_provider(device: str) -> bool:
    """Tell whether this build of ONNX Runtime has a provider for a device: "cpu", "cuda", "cuda:1", "mps"."""
    try:
        provider_name("auto", device)
    except InputError:
        return False
    return True


class _Session:
    """A part as an `InferenceSession`, whose `run` is safe in threads."""

    def __init__(self, session: Any, inputs: tuple[str, ...], outputs: tuple[str, ...]) -> None:
        self._session, self._inputs, self._outputs = session, inputs, outputs

    def __call__(self, *inputs: NDArray[Any]) -> list[NDArray[Any]]:
        feed = dict(zip(self._inputs, inputs, strict=True))
        results: list[NDArray[Any]] = self._session.run(self._outputs, feed)
        return results


class OnnxRuntime:
    """ONNX Runtime with one execution provider; what the provider cannot compute runs on the CPU.

    Args:
        provider: see `provider_name`.
        device: see `provider_name`; its number chooses one of several GPUs.

    The attributes are those of `Runtime`.

    Raises:
        InputError: this build lacks the provider.
    """

    def __init__(self, provider: str = "auto", device: str = "auto") -> None:
        self.provider = provider_name(provider, device)
        self.on_cpu = self.provider == CPU
        self.warnings: list[str] = []
        self._number = device.partition(":")[2]
        self._describe(self.provider)

    def _describe(self, provider: str) -> None:
        self.description = f"onnxruntime {runtime().__version__}, {provider}"

    def load(self, model: bytes, inputs: tuple[str, ...], outputs: tuple[str, ...]) -> Graph:
        """Load a part; see `Runtime.load`."""
        onnxruntime = runtime()
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = CPU_THREADS
        options.inter_op_num_threads = CPU_THREADS
        options.log_severity_level = ERRORS_ONLY
        settings = {"device_id": self._number} if self._number and not self.on_cpu else {}
        providers = [(self.provider, settings), *([] if self.on_cpu else [CPU])]
        try:
            session = onnxruntime.InferenceSession(model, options, providers=providers)
        except damage() as error:
            reason = (str(error).strip().splitlines() or ["unreadable"])[0]
            raise InputError(f"ONNX Runtime cannot load it ({reason[:100]})") from error
        if self.provider not in session.get_providers():
            self.on_cpu = True
            self._describe(CPU)
            line = f"{self.provider} did not start, so the generator runs on the CPU"
            if line not in self.warnings:
                self.warnings.append(line)
        return _Session(session, inputs, outputs)
