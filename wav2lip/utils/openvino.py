"""Import OpenVINO without its telemetry."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType

from wav2lip.utils.extras import require_extra

REPORTER = "openvino_telemetry"


@contextmanager
def _hidden(module: str) -> Iterator[None]:
    """Let imports of a module fail."""
    before = sys.modules.get(module)
    sys.modules[module] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        del sys.modules[module]
        if before is not None:
            sys.modules[module] = before


def load_openvino() -> ModuleType:
    """Import `openvino`; nothing imports it in another way.

    Its import sends a report to Google Analytics and writes an identifier to the user's home, unless its package
    `openvino-telemetry` is missing. The documented way out, `opt_in_out --opt_out`, changes a file of the user for
    all programs.

    Raises:
        InputError: it is not installed.
    """
    with _hidden(REPORTER):
        return require_extra("openvino", "openvino")
