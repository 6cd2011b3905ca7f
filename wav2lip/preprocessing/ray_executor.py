"""Run jobs on a Ray cluster: the same function on many machines."""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from wav2lip.errors import InputError
from wav2lip.preprocessing.jobs import Job, Outcome, StageTiming, process
from wav2lip.utils.extras import require_extra

AHEAD = 4  # jobs handed out per processor of the cluster; the rest wait here


def absolute(job: Job) -> Job:
    """The job with paths that mean the same in another working directory."""
    weights = Path(job.weights).expanduser().resolve() if job.weights else None
    return replace(
        job,
        video=replace(job.video, path=job.video.path.resolve()),
        folder=job.folder.resolve(),
        weights=str(weights) if weights and weights.exists() else job.weights,
    )


class RayExecutor:
    """Runs jobs on a Ray cluster; a job whose node dies runs again elsewhere.

    Every node needs wav2lip and sees input and output under the same paths (a shared file system).

    Args:
        address: of a running cluster; None starts one on this machine.
        cpus: processors reserved for a video.
        retries: times that a video is run again when its process or node died, before it fails.

    InputError where Ray is not installed or the cluster cannot be reached.
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
                    f"executor.address={address}: no Ray cluster there ({error})"
                ) from error

    def __call__(self, jobs: Sequence[Job], work: StageTiming = process) -> Iterator[Outcome]:
        """Outcomes as they come; a video that takes its process down too often is one of them."""
        ray = self._ray
        remote = ray.remote(num_cpus=self.cpus, max_retries=self.retries)(work)
        waiting = [absolute(job) for job in reversed(jobs)]
        running: dict[object, Job] = {}
        while waiting or running:
            # Asked anew each time: nodes come and go.
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
