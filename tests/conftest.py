import signal
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session", autouse=True)
def _ctrl_c() -> None:
    """A shell's background jobs ignore Ctrl-C, and so would the tests of it and the scripts they start."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def shared() -> Path:
    """Real media and golden numbers beside the checkout, which most users do not have."""
    folder = ROOT.parent / "shared"
    if not folder.is_dir():
        pytest.skip("no folder of real media beside the checkout")
    return folder
