"""Run exported networks with OpenVINO."""

import threading
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wav2lip.engines.graph import Graph
from wav2lip.errors import InputError
from wav2lip.utils.openvino import load_openvino
from wav2lip.utils.platform import cpu_count
from wav2lip.utils.signal_stack import kept_signal_stack

CPU = "CPU"


class _Compiled:
    """A compiled part. A request serves one call at a time, so each thread has its own."""

    def __init__(self, compiled: Any, inputs: tuple[str, ...], outputs: tuple[str, ...]) -> None:
        self._compiled, self._inputs, self._outputs = compiled, inputs, outputs
        self._local = threading.local()

    def __call__(self, *inputs: NDArray[Any]) -> list[NDArray[Any]]:
        request = getattr(self._local, "request", None)
        if request is None:
            request = self._local.request = self._compiled.create_infer_request()
        arrays = (np.ascontiguousarray(array) for array in inputs)
        results = request.infer(dict(zip(self._inputs, arrays, strict=True)), share_inputs=True)
        return [np.array(results[name]) for name in self._outputs]


class OpenVino:
    """OpenVINO on one of its devices.

    Args:
        provider: "auto", which is the CPU, or a device of OpenVINO: "cpu", "gpu", "gpu.1", "npu".
        device: "auto" or "cpu".

    The attributes are those of `Runtime`.

    Raises:
        InputError: OpenVINO is not installed, or has no such device.
    """

    def __init__(self, provider: str = "auto", device: str = "auto") -> None:
        openvino = load_openvino()
        with kept_signal_stack():
            self._core = openvino.Core()
            devices = self._core.available_devices
        wanted = "cpu" if provider == "auto" and device == "auto" else provider
        wanted = device if wanted == "auto" else wanted
        self._device = wanted.upper()
        if self._device not in devices:
            names = ", ".join(devices).lower()
            raise InputError(
                f"provider {wanted}: OpenVINO finds {names} on this machine; use one of them",
                settings=("provider",),
            )
        self.on_cpu = self._device == CPU
        self.warnings: list[str] = []
        version = openvino.__version__.partition("-")[0]
        self.description = f"openvino {version}, {self._device}"

    def load(self, model: bytes, inputs: tuple[str, ...], outputs: tuple[str, ...]) -> Graph:
        """Load a part; see `Runtime.load`."""
        settings: dict[str, Any] = {}
        if self.on_cpu:  # one stream per core, for one call each; bf16 would change the result
            cores = cpu_count()
            settings = {"NUM_STREAMS": cores, "INFERENCE_NUM_THREADS": cores}
            settings["INFERENCE_PRECISION_HINT"] = "f32"
        try:
            compiled = self._core.compile_model(
                self._core.read_model(model), self._device, settings
            )
        except RuntimeError as error:
            reason = (str(error).strip().splitlines() or ["unreadable"])[-1]
            raise InputError(f"OpenVINO cannot load it ({reason.strip()[:100]})") from error
        return _Compiled(compiled, inputs, outputs)
