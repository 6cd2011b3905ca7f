import os
import subprocess
import sys
from pathlib import Path

import pytest

from wav2lip.errors import InputError
from wav2lip.utils.kernel_lock import try_lock
from wav2lip.utils.locked_file import locked_file
from wav2lip.utils.locks import locked_folder, require_unlocked

# Windows' call, whose lock of a range of bytes is that of POSIX; `fcntl` is then deleted.
WINDOWS = """
import fcntl, os, sys, types
msvcrt = types.ModuleType("msvcrt")
msvcrt.LK_NBLCK = 2
def locking(handle, mode, count, lock=fcntl.lockf, how=fcntl.LOCK_EX | fcntl.LOCK_NB):
    assert mode == msvcrt.LK_NBLCK
    lock(handle, how, count, os.lseek(handle, 0, os.SEEK_CUR))
msvcrt.locking = locking
sys.modules.update(msvcrt=msvcrt, fcntl=None)
"""
HOLD = """
import sys
from pathlib import Path
from wav2lip.utils.locked_file import locked_file
from wav2lip.utils.locks import locked_folder
with locked_folder(Path(sys.argv[1])), locked_file(Path(sys.argv[2])):
    print("locked", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def windows(monkeypatch):
    pytest.importorskip("fcntl")
    monkeypatch.setitem(sys.modules, "fcntl", sys.modules["fcntl"])
    monkeypatch.setitem(sys.modules, "msvcrt", None)
    exec(WINDOWS, {})


@pytest.mark.usefixtures("windows")
def test_windows_locks_keep_other_processes_out_until_their_holder_is_killed(tmp_path):
    run, part = tmp_path / "run", tmp_path / "weights.part"
    part.write_bytes(b"half")
    process = subprocess.Popen(
        [sys.executable, "-c", WINDOWS + HOLD, run, part],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    try:
        assert process.stdout.readline() == b"locked\n"
        with pytest.raises(InputError, match=f"process {process.pid} on"):
            require_unlocked(run)
        handle = os.open(part, os.O_RDWR)
        assert not try_lock(handle)
        os.close(handle)
    finally:
        process.kill()
        process.wait()
    with locked_folder(run), locked_file(part):
        assert (run / ".lock").is_file()
    assert part.read_bytes() == b"half"
    assert list(run.iterdir()) == []


def test_without_any_locks_a_file_is_free(tmp_path, monkeypatch):
    for name in ("fcntl", "msvcrt"):
        monkeypatch.setitem(sys.modules, name, None)
    with (tmp_path / "a").open("wb") as file:
        assert try_lock(file.fileno())
    with locked_folder(Path(tmp_path)):
        assert (tmp_path / ".lock").is_file()
