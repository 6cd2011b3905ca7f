"""Workers end with the process that started them."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

# Two workers: each makes a file, waits, and removes it when it is asked to stop.
WORK = """
import os, sys, time
from pathlib import Path
from types import SimpleNamespace
from wav2lip.cli.exit import exit_on_input_error
from wav2lip.execution.pool import run_in_pool

class Job:
    def run(self):
        mark = Path(sys.argv[1]) / str(os.getpid())
        try:
            mark.touch()
            time.sleep(60)
        finally:
            mark.unlink()

@exit_on_input_error
def main():
    list(run_in_pool([Job()] * 2, 2))

if __name__ == "__main__":
    main()
"""


def alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def wait_for(condition):
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="reads /proc")
@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGKILL, -9), (signal.SIGTERM, 143), (signal.SIGINT, 130)]
)
def test_workers_clean_up_and_end_with_their_parent(number, code, tmp_path):
    script, marks = tmp_path / "work.py", tmp_path / "marks"
    script.write_text(WORK)
    marks.mkdir()
    process = subprocess.Popen(
        [sys.executable, str(script), str(marks)], start_new_session=True, stderr=subprocess.PIPE
    )
    wait_for(lambda: len(list(marks.iterdir())) == 2)
    workers = [int(mark.name) for mark in marks.iterdir()]
    if number == signal.SIGINT:  # Ctrl-C reaches the whole group
        os.killpg(process.pid, number)
    else:
        process.send_signal(number)
    assert process.wait(20) == code
    wait_for(lambda: not any(map(alive, workers)))
    assert list(marks.iterdir()) == []
    assert b"Traceback" not in process.stderr.read()


# A worker that is still starting when its parent is killed.
KILLED_EARLY = """
import os, signal
from wav2lip.execution.workers import run_in_worker, worker_pool

if __name__ == "__main__":
    with worker_pool(1) as pool:
        pool.submit(run_in_worker, print, "ran")
        os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")
def test_a_worker_whose_parent_is_killed_while_it_starts_ends_silently(tmp_path):
    script = tmp_path / "work.py"
    script.write_text(KILLED_EARLY)
    done = subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True, check=False, timeout=30
    )
    assert done.returncode == -9
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
