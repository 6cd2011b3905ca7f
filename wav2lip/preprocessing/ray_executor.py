"""Execution of jobs on a Ray cluster."""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import cv2

from wav2lip.errors import InputError
from wav2lip.preprocessing.jobs import JobFunction, Outcome, VideoJob, run_job
from wav2lip.utils.extras import require_extra

AHEAD = 4  # jobs submitted per processor of the cluster; the others wait here


def absolute(job: VideoJob) -> VideoJob:
    """Return the job with absolute paths, which do not depend on the working directory."""
    weights = Path(job.weights).expanduser().resolve() if job.weights else None
    return replace(
        job,
        video=replace(job.video, path=job.video.path.resolve()),
        folder=job.folder.resolve(),
        weights=str(weights) if weights and weights.exists() else job.weights,
    )


class RayExecutor:
    """Runs jobs on a Ray cluster. If a node dies, its jobs run again on another.

    Every node needs wav2lip installed and sees input and output under the same paths (a shared file system).

    Args:
        address: address of a running cluster; None starts one on this machine.
        cpus: processors reserved per video.
        retries: how often a video runs again after its process or node died.

    Raises:
        InputError: Ray is not installed or the cluster cannot be reached.
    """

    def __init__(self, address: str | None = None, cpus: float = 1.0, retries: int = 3) -> None:
        ray = require_extra("ray", "ray")
        self._ray = ray
        self.cpus = cpus
        self.retries = retries
        if not ray.is_initialized():
            try:
                ray.init(address=address, logging_level=logging.ERROR, log_to_driver=False)
            except (ConnectionError, ValueError) as error:
                raise InputError(
                    f"no Ray cluster at {address} ({error}); correct the address or start a cluster"
                ) from error

    def __call__(
        self, jobs: Sequence[VideoJob], function: JobFunction = run_job
    ) -> Iterator[Outcome]:
        """Run jobs.

        Yields:
            Outcomes in the order in which they are finished. A job whose process dies more often than
            `retries` fails.
        """
        ray = self._ray

        def work(job: VideoJob) -> Outcome:
            cv2.setNumThreads(1)  # a node runs one process per processor
            return function(job)

        remote = ray.remote(num_cpus=self.cpus, max_retries=self.retries)(work)
        waiting = [absolute(job) for job in reversed(jobs)]
        running: dict[object, VideoJob] = {}
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
                    outcome: Outcome = ray.get(reference)
                except ray.exceptions.RayError as error:
                    first = str(error).strip().splitlines()[0]
                    outcome = Outcome(job.video.source, [], f"lost on the cluster: {first}")
                yield outcome
