import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import wav2lip
from wav2lip.checkpoints.bundled import ASSETS
from wav2lip.errors import InputError
from wav2lip.utils.onnx import open_session

PACKAGE = Path(wav2lip.__file__).parent


def test_a_missing_and_a_damaged_network_are_one_line(tmp_path):
    path = tmp_path / "network.onnx"
    with pytest.raises(InputError, match="no such file; install the package again"):
        open_session(path)
    path.write_bytes(b"\x00" * 100)
    with pytest.raises(InputError, match="damaged; install the package again"):
        open_session(path)


def test_nothing_else_imports_the_runtime():
    found = {
        str(path.relative_to(PACKAGE))
        for path in PACKAGE.rglob("*.py")
        if re.search(r"^\s*(import|from) onnxruntime", path.read_text(), re.MULTILINE)
    }
    assert found == {"checkpoints/onnx_int8.py", "utils/onnx.py"}  # the first quantizes


def test_the_runtime_writes_no_identifier_and_reports_nothing(tmp_path):
    """Its telemetry would leave a session file in the folder for temporary files."""
    code = (
        "import sys; from pathlib import Path\n"
        "from wav2lip.faces.detectors.neural import NeuralDetector\n"
        "from wav2lip.utils.onnx import open_session\n"
        "session = open_session(Path(sys.argv[1]))\n"
        "print(session.get_inputs()[0].shape)"
    )
    environment = {k: v for k, v in os.environ.items() if k != "ORT_DISABLE_TELEMETRY"}
    environment |= {"TMPDIR": str(tmp_path), "HOME": str(tmp_path)}
    for name in ("CI", "GITHUB_ACTIONS"):  # telemetry is off there anyway
        environment.pop(name, None)
    result = subprocess.run(
        [sys.executable, "-c", code, ASSETS / "face_mesh.onnx"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.stdout == "[1, 192, 192, 3]\n", result.stderr
    assert list(tmp_path.iterdir()) == []
