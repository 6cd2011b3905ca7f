import os
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

import wav2lip

PACKAGE = Path(wav2lip.__file__).parent
PROGRAM = """
import sys, threading
events = []
sys.addaudithook(lambda event, args: events.append(event) if event.startswith("socket.") else None)
from wav2lip.utils.openvino import load_openvino
core = load_openvino().Core()
print("CPU" in core.available_devices, events, threading.active_count(), "openvino_telemetry" in sys.modules)
"""


@pytest.mark.skipif(not find_spec("openvino"), reason="openvino is not installed")
def test_openvino_writes_no_identifier_and_opens_no_socket(tmp_path):
    ci = ("CI", "TF_BUILD", "JENKINS_URL")  # its telemetry is off there anyway
    environment = {k: v for k, v in os.environ.items() if k not in ci}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env=environment | {"HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == "True [] 1 False\n", done.stderr
    assert list(tmp_path.iterdir()) == []


def test_nothing_else_imports_openvino():
    pattern = re.compile(r"^\s*(import|from) openvino|require_extra\(\"openvino\"", re.MULTILINE)
    found = [
        str(path.relative_to(PACKAGE))
        for path in PACKAGE.rglob("*.py")
        if pattern.search(path.read_text())
    ]
    assert found == ["utils/openvino.py"]
