"""Hostile inputs through the real commands: a short run with the quick tests, a long one with the slow tests.

Both print a table by kind, and one line per class of failure with the seed and the number that repeat it.
"""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def fuzz(*words: str) -> None:
    command = [sys.executable, "-m", "tests.fuzz", *words]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    print(result.stdout)
    assert result.returncode == 0, result.stdout + result.stderr


def test_a_few_hostile_inputs_are_refused_in_one_line():
    fuzz("--each", "2", "--seed", "3", "--workers", "1")


@pytest.mark.slow
def test_many_hostile_inputs_are_refused_in_one_line():
    fuzz("--count", "2000", "--seed", "1")
