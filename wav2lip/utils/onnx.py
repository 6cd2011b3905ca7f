"""Open ONNX networks on one thread, without the telemetry of ONNX Runtime."""

import os
from pathlib import Path
from typing import Any

from wav2lip.errors import InputError

ERRORS_ONLY = 3  # onnxruntime's log level
# ONNX Runtime 1.29 and later report their use over the network and write an identifier to the disk,
# unless this variable is set before the import: Privacy.md of the package, "Disabling Telemetry".
TELEMETRY = "ORT_DISABLE_TELEMETRY"


def runtime() -> Any:
    """Import `onnxruntime` with its telemetry off; nothing imports it in another way."""
    os.environ.setdefault(TELEMETRY, "1")
    import onnxruntime

    return onnxruntime


def damage() -> tuple[type[Exception], ...]:
    """Return what the runtime raises on a file that is no network."""
    state = runtime().capi.onnxruntime_pybind11_state
    names = ("InvalidProtobuf", "InvalidGraph", "InvalidArgument", "Fail")
    return RuntimeError, *(getattr(state, name) for name in names)


def open_session(path: Path, cure: str = "install the package again") -> Any:
    """Open a network.

    It runs on one thread, so that it neither competes with the generator nor depends on the number of
    cores. Several threads may call its `run` at once.

    Args:
        path: ONNX file.
        cure: what to do if it cannot be read; by default that for a file of the package.

    Returns:
        An `onnxruntime.InferenceSession`.

    Raises:
        InputError: the file is missing or damaged.
    """
    if not path.is_file():
        raise InputError(f"{path}: no such file; {cure}")
    onnxruntime = runtime()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = ERRORS_ONLY
    try:
        return onnxruntime.InferenceSession(
            str(path), sess_options=options, providers=["CPUExecutionProvider"]
        )
    except damage() as error:
        raise InputError(f"{path}: damaged; {cure}") from error
