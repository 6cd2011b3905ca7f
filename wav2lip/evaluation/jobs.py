"""The job of one pair, which any executor runs with the same numbers."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Protocol, Self

import cv2
import torch

from wav2lip.evaluation.evaluator import Evaluator
from wav2lip.evaluation.pairs import Pair
from wav2lip.evaluation.results import PairScores, Skipped
from wav2lip.utils.platform import one_core

_evaluator = lru_cache(1)(lambda make: make())  # the networks are loaded once per process


class MakeEvaluator(Protocol):
    """Creates an evaluator; equal ones create equal evaluators."""

    def __call__(self) -> Evaluator: ...

    def __hash__(self) -> int: ...

    def absolute(self) -> Self:
        """Return the same with absolute paths."""
        ...


@dataclass(frozen=True)
class ScoredPair:
    """The outcome of a job.

    Attributes:
        number: of the pair in the list.
        scores: of the pair.
    """

    number: int
    scores: PairScores


@contextmanager
def _one_thread() -> Iterator[None]:
    """Compute on one core: sums over several threads are rounded otherwise, and the pool uses all cores."""
    threads, of_opencv = torch.get_num_threads(), cv2.getNumThreads()
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    try:
        with one_core():
            yield
    finally:
        torch.set_num_threads(threads)
        cv2.setNumThreads(of_opencv)


@dataclass(frozen=True)
class PairJob:
    """One pair to score.

    Attributes:
        make: creates the evaluator.
        pairs: all pairs, whose sounds the leak probe may use.
        number: of this pair.
        exchanged: another clip's sound, for the protocols `cross` and `still_cross`.
    """

    make: MakeEvaluator
    pairs: tuple[Pair, ...]
    number: int
    exchanged: Path | None = None

    @property
    def pair(self) -> Pair:
        """The pair to score."""
        return self.pairs[self.number]

    def run(self) -> ScoredPair:
        """Score the pair: on one core, or on all of them if it is the only one."""
        if len(self.pairs) == 1:
            return self._score()
        with _one_thread():
            return self._score()

    def _score(self) -> ScoredPair:
        others = [*self.pairs[self.number + 1 :], *self.pairs[: self.number]]
        scores: PairScores = _evaluator(self.make)(self.pair, others, self.exchanged)
        return ScoredPair(self.number, scores)

    def lost(self, reason: str) -> ScoredPair:
        """Return the outcome of a job whose process died."""
        return ScoredPair(
            self.number, PairScores(skipped=[Skipped(self.pair.name, "everything", reason)])
        )

    def absolute(self) -> Self:
        """Return the same job with absolute paths."""
        return replace(
            self,
            make=self.make.absolute(),
            pairs=tuple(_absolute(pair) for pair in self.pairs),
            exchanged=None if self.exchanged is None else self.exchanged.absolute(),
        )


def _absolute(pair: Pair) -> Pair:
    real = None if pair.real is None else pair.real.absolute()
    return replace(pair, face=pair.face.absolute(), audio=pair.audio.absolute(), real=real)
