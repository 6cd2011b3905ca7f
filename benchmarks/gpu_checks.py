"""What the parts of `benchmarks/gpu.py` share: checks that are printed as they are done, and PSNR."""

import time
import traceback
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import ArrayLike

EQUAL = 99.0  # dB, printed for equal pictures


class CheckError(Exception):
    """A check whose result is wrong; the text says what was found."""


@dataclass
class Checks:
    """The table: one line for each check.

    Attributes:
        device: that is checked.
        quick: whether a processor tries out the checks on little work.
        failed: names of the checks that failed.
        count: of the checks so far.
    """

    device: torch.device
    quick: bool
    failed: list[str] = field(default_factory=list)
    count: int = 0

    @property
    def on_gpu(self) -> bool:
        """Whether a GPU is checked."""
        return self.device.type != "cpu"

    def wait(self) -> None:
        """Wait until a GPU has done what it was asked for."""
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)

    def run(self, name: str, check: Callable[[], str]) -> None:
        """Do a check and print its line; an error fails it, and the others go on."""
        began, state = time.perf_counter(), "ok"
        self.count += 1
        try:
            found = check()
        except Exception as error:  # noqa: BLE001 -- of any library; the next check is done all the same
            state = "FAILED"
            self.failed.append(name)
            text = str(error).strip().splitlines()
            found = (
                text[0] if isinstance(error, CheckError) else f"{type(error).__name__}: {text[:1]}"
            )
            if not isinstance(error, CheckError):
                traceback.print_exc(limit=-3)
        seconds = time.perf_counter() - began
        print(f"{state:6}  {name:34}  {seconds:6.1f} s  {found}", flush=True)

    def rate(self, work: Callable[[], object], count: int) -> float:
        """Return how many of `count` things in each call are done per second, by the clock."""
        work()  # kernels are chosen and compiled
        self.wait()
        limit, calls, began = 0.1 if self.quick else 1.0, 0, time.perf_counter()
        while time.perf_counter() - began < limit:
            work()
            self.wait()
            calls += 1
        return calls * count / (time.perf_counter() - began)


def psnr(pictures: Iterable[ArrayLike], others: Iterable[ArrayLike], peak: float = 255.0) -> float:
    """PSNR in dB over all pictures together, which may differ in size."""
    error = [
        np.square(np.asarray(a, np.float64) - np.asarray(b, np.float64)).mean()
        for a, b in zip(pictures, others, strict=True)
    ]
    mean = float(np.mean(error))
    return EQUAL if mean == 0 else min(EQUAL, 10 * float(np.log10(peak**2 / mean)))


def at_least(found: float, limit: float) -> str:
    """Return the text of a PSNR.

    Raises:
        CheckError: it is lower than the limit, in dB.
    """
    text = f"PSNR to the CPU {found:.1f} dB, at least {limit:.0f}"
    if not found >= limit:
        raise CheckError(text)
    return text
