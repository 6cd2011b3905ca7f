"""Identify the training run that a checkpoint comes from."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

UNKNOWN = "?"
PATTERN = re.compile(r"seed (?P<seed>\S+), clips (?P<clips>\S+)")


@dataclass(frozen=True)
class TrainingId:
    """The seed and the training clips of a run, as its checkpoints record them.

    Attributes:
        seed: the run's random seed, or "?" if it had none.
        clips: hash of the training clips, 8 hex digits, or "?" if unknown.

    Examples:
        >>> known = TrainingId.parse("seed 1, clips 52da717f")
        >>> known
        TrainingId(seed='1', clips='52da717f')
        >>> print(known)
        seed 1, clips 52da717f
        >>> known.shares_clips(TrainingId("2", "52da717f"))
        True
    """

    seed: str = UNKNOWN
    clips: str = UNKNOWN

    @classmethod
    def parse(cls, text: object) -> Self | None:
        """Read the text form.

        Args:
            text: `str(TrainingId(...))`; any other value, such as a sha256, is not an id.

        Returns:
            The id, or None if `text` is not one.
        """
        found = PATTERN.fullmatch(str(text))
        return cls(**found.groupdict()) if found else None

    def __str__(self) -> str:
        return f"seed {self.seed}, clips {self.clips}"

    def shares_clips(self, other: "TrainingId | None") -> bool:
        """Tell whether both runs are known to have trained on the same clips."""
        return other is not None and self.clips == other.clips != UNKNOWN


def expert_ids(metadata: Mapping[str, Any]) -> list[str]:
    """Return the identities of all experts that trained a generator or those that it started from.

    Args:
        metadata: of its checkpoint.

    Examples:
        >>> expert_ids({"expert_id": "b", "earlier_expert_ids": "a; c"})
        ['b', 'a', 'c']
        >>> expert_ids({"expert_id": "none"})
        []
    """
    found = [str(metadata.get("expert_id", "none"))]
    found += str(metadata.get("earlier_expert_ids", "")).split("; ")
    return list(dict.fromkeys(name for name in found if name and name != "none"))
