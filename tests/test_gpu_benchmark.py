"""benchmarks/gpu.py, tried out on the CPU: the checks themselves work."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

SCRIPT = Path(__file__).resolve().parents[1] / "benchmarks" / "gpu.py"


def run(*words: str):
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    return subprocess.run(
        [sys.executable, str(SCRIPT), *words], capture_output=True, text=True, env=environment
    )


@pytest.mark.slow
def test_all_checks_pass_on_the_cpu():
    done = run("--device", "cpu", "--quick")
    lines = done.stdout.splitlines()
    assert lines[-1] == "verdict: all 24 checks passed on cpu", done.stdout + done.stderr
    assert done.returncode == 0
    checks = [line for line in lines if line.startswith("ok ")]
    assert len(checks) == 24
    assert sum("steps/s" in line for line in checks) == 18
    assert sum("PSNR to the CPU" in line for line in checks) == 5


@pytest.mark.slow
def test_a_check_that_fails_is_in_the_verdict(tmp_path):
    program = (
        "import sys, torch; sys.path.insert(0, sys.argv[1])\n"
        "from gpu_checks import Checks, at_least\n"
        "checks = Checks(torch.device('cpu'), True)\n"
        "checks.run('good', lambda: at_least(50.0, 40.0))\n"
        "checks.run('bad', lambda: at_least(float('nan'), 40.0))\n"
        "checks.run('broken', lambda: 1 / 0)\n"
        "print(checks.failed, checks.count)"
    )
    words = [sys.executable, "-c", program, str(SCRIPT.parent)]
    done = subprocess.run(words, capture_output=True, text=True)
    good, bad, broken, failed = done.stdout.splitlines()
    assert good.startswith("ok ")
    assert bad.startswith("FAILED  bad")
    assert bad.endswith("PSNR to the CPU nan dB, at least 40")
    assert "ZeroDivisionError" in broken
    assert failed == "['bad', 'broken'] 3"


@pytest.mark.slow
@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a GPU")
def test_without_a_gpu_the_reason_is_one_line():
    done = run()
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].endswith(
        "device cuda: this machine or this build of torch lacks it; use cpu or auto"
    )
