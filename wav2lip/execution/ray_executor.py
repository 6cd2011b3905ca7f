"""Execution of jobs on a Ray cluster."""

import logging
import os
import signal
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import cv2

from wav2lip.errors import InputError
from wav2lip.execution.job import Job, R
from wav2lip.execution.ray_folder import ray_folder
from wav2lip.utils.extras import require_extra
from wav2lip.utils.platform import cpu_count
from wav2lip.utils.signals import HANDLED, Stopped, requested

AHEAD = 4  # jobs submitted per processor of the cluster; the others wait here
PATIENCE = 10.0  # seconds until a cluster must answer
STORE = 80 << 20  # bytes of shared memory of a cluster started here; jobs and outcomes are small
OPTIONS = {"logging_level": logging.ERROR, "log_to_driver": False}


@contextmanager
def _own_handlers() -> Iterator[None]:
    """Keep this process's reaction to signals, which Ray replaces when it starts a cluster."""
    before = {number: signal.getsignal(number) for number in HANDLED}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _own_stop() -> Iterator[None]:
    """Raise `Stopped` where Ray, which a signal has interrupted, raises a SystemExit of its own."""
    try:
        yield
    except SystemExit as error:
        number = requested()
        if isinstance(error, Stopped) or number is None:
            raise
        raise Stopped(number) from None


def _check_listens(address: str) -> None:
    """Raise an OSError if nothing listens at HOST:PORT; Ray itself would try for minutes."""
    host, colon, port = address.rpartition("://")[2].rpartition(":")
    if colon and port.isdecimal():
        socket.create_connection((host.strip("[]"), int(port)), PATIENCE).close()


class RayExecutor:
    """Runs jobs on a Ray cluster. If a node dies, its jobs run again on another.

    Every node needs wav2lip installed and sees input and output under the same paths: a shared POSIX file
    system, such as NFS or Lustre, where a file renamed by one node is there for the others.

    Args:
        address: address of a running cluster; None starts one on this machine and ends it after the jobs.
        cpus: processors reserved per job.
        retries: how often a job runs again after its process or node died.

    Raises:
        InputError: Ray is not installed or the cluster cannot be reached.
    """

    def __init__(self, address: str | None = None, cpus: float = 1.0, retries: int = 3) -> None:
        self._ray = require_extra("ray", "ray")
        self.address = address
        self.cpus = cpus
        self.retries = retries
        if address is not None:
            self._connect(address)

    def _connect(self, address: str) -> None:
        if self._ray.is_initialized():
            return
        try:
            _check_listens(address)
            with _own_handlers():
                self._ray.init(address=address, **OPTIONS)
        except (OSError, ValueError) as error:
            reason = " ".join(str(error).split())
            raise InputError(
                f"no Ray cluster at {address} ({reason}); correct the address or start a cluster"
            ) from error

    @contextmanager
    def _cluster(self) -> Iterator[None]:
        """Start a cluster here, and end it, unless one is in use."""
        if self._ray.is_initialized():
            yield
            return
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
        with ray_folder() as folder:
            try:
                with _own_handlers():
                    self._ray.init(
                        num_cpus=cpu_count(),
                        object_store_memory=STORE,
                        include_dashboard=False,
                        _temp_dir=str(folder),
                        **OPTIONS,
                    )
                yield
            finally:
                self._ray.shutdown()

    def __call__(self, jobs: Sequence[Job[R]]) -> Iterator[R]:
        """Run jobs.

        Yields:
            Outcomes in the order in which they are finished. A job whose process dies more often than
            `retries` fails.
        """
        if jobs:
            with self._cluster(), _own_stop():
                yield from self._run(jobs)

    def _run(self, jobs: Sequence[Job[R]]) -> Iterator[R]:
        ray: Any = self._ray

        def work(job: Job[R]) -> R:
            cv2.setNumThreads(1)  # a node runs one process per processor
            return job.run()

        remote = ray.remote(num_cpus=self.cpus, max_retries=self.retries)(work)
        waiting = [job.absolute() for job in reversed(jobs)]
        running: dict[object, Job[R]] = {}
        while waiting or running:
            # Count the processors every time: nodes come and go.
            room = AHEAD * max(1, round(ray.cluster_resources().get("CPU", 1)))
            while waiting and len(running) < room:
                job = waiting.pop()
                running[remote.remote(job)] = job
            done, _ = ray.wait(list(running), num_returns=1)
            for reference in done:
                job = running.pop(reference)
                try:
                    outcome: R = ray.get(reference)
                except ray.exceptions.RayError as error:
                    first = str(error).strip().splitlines()[0]
                    outcome = job.lost(f"lost on the cluster: {first}")
                yield outcome
