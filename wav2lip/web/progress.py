"""How far a running job is."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Progress:
    """How far a job is.

    Attributes:
        stage: what is done now.
        done: seconds of video that are done.
        total: seconds of video in all; 0: not known yet.
    """

    stage: str = ""
    done: float = 0.0
    total: float = 0.0
