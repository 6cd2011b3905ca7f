"""Worker processes that end with the process that started them, however that one ends."""

import ctypes
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Generator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager, suppress
from multiprocessing import active_children, connection, get_context, parent_process
from types import FrameType
from typing import ParamSpec, TypeVar

import cv2

from wav2lip.utils.signals import Stopped

P = ParamSpec("P")
R = TypeVar("R")
SPAWN = get_context("spawn")  # a forked process may hang if its parent has threads (OpenCV, torch)
GRACE = 3.0  # seconds that a worker has to remove its partial files
PR_SET_PDEATHSIG = 1  # prctl(2)


def _stop(number: int, _: FrameType | None) -> None:
    signal.signal(number, signal.SIG_IGN)  # the kernel and the thread may both send it
    raise Stopped(number)


def _end(number: int, _: FrameType | None) -> None:
    os._exit(128 + number)


def _end_if_stopped(args: "sys.UnraisableHookArgs") -> None:
    """End the process if a destructor, a fork hook or the like swallowed the signal."""
    if isinstance(args.exc_value, Stopped):
        os._exit(128 + args.exc_value.number)
    sys.__unraisablehook__(args)


def _follow_parent() -> None:
    """End this process, at the latest `GRACE` after its parent."""
    parent = parent_process()
    assert parent is not None
    connection.wait([parent.sentinel])
    with suppress(OSError):
        os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(GRACE)
    os._exit(128 + signal.SIGTERM)


def start_worker(on_sigterm: Callable[[int, FrameType | None], None] = _stop) -> None:
    """Prepare a spawned process: it ends with its parent.

    Args:
        on_sigterm: handler of SIGTERM; the default raises `Stopped`.
    """
    cv2.setNumThreads(1)  # the pool has one process per core
    signal.signal(
        signal.SIGINT, signal.SIG_IGN
    )  # Ctrl-C reaches the whole group; the parent decides
    signal.signal(signal.SIGTERM, on_sigterm)
    sys.unraisablehook = _end_if_stopped
    threading.Thread(target=_follow_parent, daemon=True).start()
    if (
        sys.platform == "linux"
    ):  # also where native code holds the interpreter and blocks the thread
        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def run_in_worker(function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Call a function in a worker of a pool. If the worker is asked to stop, it cleans up and ends."""
    try:
        signal.signal(signal.SIGTERM, _stop)
        return function(*args, **kwargs)
    except (
        Stopped
    ) as stop:  # cleaned up; the pool would otherwise pass it on and start the next job
        os._exit(128 + stop.number)


@contextmanager
def worker_pool(workers: int) -> Generator[ProcessPoolExecutor]:
    """Open a pool of spawned processes; leaving it by an exception ends them without waiting for their jobs.

    Args:
        workers: number of processes.

    Yields:
        The pool. Submit jobs through `run_in_worker`.
    """
    others = set(active_children())
    # Before its first job a worker has nothing to clean up, and the pool would print the traceback of `Stopped`.
    pool = ProcessPoolExecutor(
        workers, mp_context=SPAWN, initializer=start_worker, initargs=(_end,)
    )
    try:
        yield pool
    except BaseException:
        own = [process for process in active_children() if process not in others]
        for process in own:
            process.terminate()
        deadline = time.monotonic() + GRACE
        for process in own:
            process.join(max(0.0, deadline - time.monotonic()))
            process.kill()
        raise
    finally:
        pool.shutdown(cancel_futures=True)
