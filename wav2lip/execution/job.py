"""What an executor runs."""

from collections.abc import Iterator, Sequence
from typing import Protocol, Self, TypeVar

R = TypeVar("R")
R_co = TypeVar("R_co", covariant=True)


class Job(Protocol[R_co]):
    """One piece of work. It is sent to the process that runs it, and so is its outcome."""

    def run(self) -> R_co:
        """Do the work. A failure that concerns this job alone is an outcome, not an exception."""
        ...

    def lost(self, reason: str) -> R_co:
        """Return the outcome of a job whose process died."""
        ...

    def absolute(self) -> Self:
        """Return the same job with paths that do not depend on the working directory."""
        ...


class Executor(Protocol):
    """Runs jobs."""

    def __call__(self, jobs: Sequence[Job[R]]) -> Iterator[R]:
        """Yield the outcomes in the order in which they are finished."""
        ...
