import json
import os
import socket
import subprocess
import sys

import pytest

from wav2lip.errors import InputError
from wav2lip.utils.locks import STALE, locked_folder, require_unlocked

HOLD = """
import sys
from pathlib import Path
from wav2lip.utils.locks import locked_folder
with locked_folder(Path(sys.argv[1])):
    print("locked", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def other(tmp_path):
    """Another process that holds the lock of tmp_path / "run"."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path / "run")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdout.readline() == b"locked\n"
    yield process
    process.kill()
    process.wait()


def test_a_second_process_is_refused_until_the_first_has_ended(other, tmp_path):
    run = tmp_path / "run"
    line = f"{run}: process {other.pid} on {socket.gethostname()} writes to this folder"
    for take in (require_unlocked, lambda folder: locked_folder(folder).__enter__()):
        with pytest.raises(InputError, match=line):
            take(run)
    other.kill()  # leaves its lock behind
    other.wait()
    assert (run / ".lock").is_file()
    require_unlocked(run)
    with locked_folder(run):
        assert json.loads((run / ".lock").read_text())["pid"] == os.getpid()
        with pytest.raises(InputError, match=f"process {os.getpid()}"), locked_folder(run):
            pass
        (run / "result").touch()
    assert [path.name for path in run.iterdir()] == ["result"]


@pytest.mark.parametrize(("age", "refused"), [(0, True), (STALE + 60, False)])
def test_a_lock_of_another_machine_is_given_up_when_it_shows_no_life(age, refused, tmp_path):
    lock = tmp_path / ".lock"
    lock.write_text(json.dumps({"host": "elsewhere", "pid": 1}))
    os.utime(lock, (lock.stat().st_mtime - age,) * 2)
    if refused:
        with pytest.raises(InputError, match="process 1 on elsewhere"), locked_folder(tmp_path):
            pass
    else:
        with locked_folder(tmp_path):
            pass
    assert lock.exists() == refused


def test_a_folder_that_stays_empty_is_removed(tmp_path):
    with locked_folder(tmp_path / "new"):
        pass
    assert not (tmp_path / "new").exists()
    require_unlocked(tmp_path / "new")
