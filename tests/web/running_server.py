"""A real server in a process of its own, for tests."""

import os
import re
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import httpx

PATIENCE = 300.0  # seconds; the machine of a test may be busy


def wait_for_server(process: subprocess.Popen, log: Path, before: int = 0) -> str:
    """Wait until a server serves; return its address.

    Args:
        process: of `wav2lip serve`.
        log: of what it prints.
        before: bytes of the log that are those of an earlier one.
    """
    deadline = time.monotonic() + PATIENCE
    while True:
        text = log.read_bytes()[before:].decode()
        found = re.search(r"serves at (http://\S+)/ ", text)
        if found:
            return found[1]
        assert process.poll() is None, text
        assert time.monotonic() < deadline, text
        time.sleep(0.1)


class RunningServer:
    """Run `wav2lip serve` on a free port until the end of the block.

    Args:
        folder: of the server; what it prints is in the file `log` beside it.
        words: more options.
        env: more environment variables.
    """

    def __init__(self, folder: Path, *words: str, env: dict[str, str] | None = None) -> None:
        self.folder = folder
        self._words = ["--port", "0", "--folder", str(folder), *words]
        self._env = {**os.environ, **(env or {})}
        self.log = folder.with_name(f"{folder.name}.log")

    def __enter__(self) -> "RunningServer":
        self._file = self.log.open("ab")
        before = self.log.stat().st_size
        self.process = subprocess.Popen(
            [sys.executable, "-m", "wav2lip", "serve", *self._words],
            stdout=self._file,
            stderr=self._file,
            env=self._env,
        )
        self.url = wait_for_server(self.process, self.log, before)
        self.client = httpx.Client(base_url=self.url, timeout=PATIENCE)
        return self

    def __exit__(self, *_: object) -> None:
        self.client.close()
        with suppress(ProcessLookupError):
            self.process.send_signal(signal.SIGTERM)
        self.process.wait(60)
        self._file.close()

    def send(self, face: bytes, audio: bytes, **fields: str) -> httpx.Response:
        """Send a job."""
        files = {"face": ("face", face), "audio": ("audio", audio)}
        return self.client.post("/v1/jobs", files=files, data=fields)

    def wait(self, job: str, *states: str, stage: str = "") -> dict:
        """Wait until a job has one of the states (and a stage); without states: until it has ended."""
        deadline = time.monotonic() + PATIENCE
        while True:
            shown = self.client.get(f"/v1/jobs/{job}").json()
            if shown["state"] in (states or ("done", "failed", "cancelled")) and (
                not stage or shown["stage"] == stage
            ):
                return shown
            assert time.monotonic() < deadline, shown
            time.sleep(0.05)
