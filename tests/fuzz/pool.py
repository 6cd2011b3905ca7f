"""Worker processes under watch: a case that crashes, hangs or grows ends its worker, not the run."""

import json
import os
import select
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from queue import Queue
from typing import Any

from tests.fuzz.cases import make_case

ROOT = Path(__file__).resolve().parents[2]
PER_PROCESS = 20  # cases; then a fresh process takes over
HANG = 30.0  # seconds
START = 300.0  # seconds that the imports may take on a busy machine
GROWTH = 2 << 30  # bytes of resident memory above that of a fresh process
PAGE = os.sysconf("SC_PAGE_SIZE")


def _resident(pid: int) -> int:
    with suppress(OSError):
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE
    return 0


class _Worker:
    """One process, and what is known about it."""

    def __init__(self, base: Path, scratch: Path, seed: int) -> None:
        temporary = scratch / "tmp"
        shutil.rmtree(temporary, ignore_errors=True)
        temporary.mkdir(parents=True)
        variables = {"TMPDIR": str(temporary), "WAV2LIP_CACHE": str(scratch / "cache")}
        variables |= {"OMP_NUM_THREADS": "1", "MPLBACKEND": "Agg", "PYTHONWARNINGS": "ignore"}
        command = [sys.executable, "-m", "tests.fuzz.worker", str(base), str(scratch), str(seed)]
        self.process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=os.environ | variables,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=(scratch / "worker.log").open("ab"),
            start_new_session=True,
        )
        self.done = 0
        if self.wait(START) != {}:
            raise RuntimeError((scratch / "worker.log").read_text())
        self.resident = _resident(self.process.pid)

    def wait(self, limit: float, growth: int | None = None) -> dict[str, Any] | str:
        """Return the reply, or what happened instead of one."""
        assert self.process.stdout is not None
        end = time.monotonic() + limit
        while time.monotonic() < end:
            if select.select([self.process.stdout], [], [], 0.05)[0]:
                line = self.process.stdout.readline()
                if line:
                    reply: dict[str, Any] = json.loads(line)
                    return reply
                code = self.process.wait()
                name = signal.Signals(-code).name if code < 0 else str(code)
                return f"crash: {name}"
            if growth is not None and _resident(self.process.pid) > self.resident + growth:
                return f"memory: grew by more than {growth >> 20} MiB"
        return f"hang: no end within {limit:g} s"

    def run(self, index: int) -> dict[str, Any] | str:
        """Run one case."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{index}\n".encode())
        self.process.stdin.flush()
        self.done += 1
        return self.wait(HANG, GROWTH)

    def close(self) -> None:
        """End the process and its children."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


def _describe(base: Path, folder: Path, seed: int, index: int, problem: str) -> dict[str, Any]:
    shutil.rmtree(folder, ignore_errors=True)
    try:
        kind, case = make_case(base, folder, seed, index)
    except Exception as error:  # noqa: BLE001 - the fault is in the fuzzer, and ends this case only
        found = [f"no case: {type(error).__name__}"]
        return {"kind": "none", "command": "", "words": [], "problems": found}
    return {"kind": kind, "command": case.command, "words": case.words, "problems": [problem]}


def run_cases(
    base: Path, scratch: Path, seed: int, indices: list[int], workers: int, keep: Path | None
) -> Iterator[dict[str, Any]]:
    """Run cases and yield a result per case: kind, command, words, problems, index.

    Args:
        base: the folder of good files.
        scratch: a folder for the cases, one subfolder per worker.
        seed: of the cases.
        indices: which cases.
        workers: processes.
        keep: folder that receives the files of cases with problems; None: none are kept.
    """
    waiting: Queue[int] = Queue()
    for index in indices:
        waiting.put(index)
    results: Queue[dict[str, Any] | BaseException] = Queue()

    def serve(number: int) -> None:
        folder = scratch / f"worker{number}"
        folder.mkdir(parents=True, exist_ok=True)
        worker: _Worker | None = None
        try:
            while not waiting.empty():
                index = waiting.get()
                worker = worker or _Worker(base, folder, seed)
                reply = worker.run(index)
                if isinstance(reply, str):
                    worker.close()
                    worker = None
                    reply = _describe(base, folder / "case", seed, index, reply)
                if reply["problems"] and keep:
                    shutil.copytree(folder / "case", keep / str(index), dirs_exist_ok=True)
                results.put(reply | {"index": index})
                if worker and worker.done >= PER_PROCESS:
                    worker.close()
                    worker = None
        except BaseException as error:  # noqa: BLE001 - raised again below
            results.put(error)
        finally:
            if worker:
                worker.close()

    threads = [threading.Thread(target=serve, args=(n,), daemon=True) for n in range(workers)]
    for thread in threads:
        thread.start()
    for _ in indices:
        result = results.get()
        if isinstance(result, BaseException):
            raise result
        yield result
    for thread in threads:  # each ends its process
        thread.join()
