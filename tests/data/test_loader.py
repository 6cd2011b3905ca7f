import ast
import gc
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from torch.utils.data import DataLoader, SequentialSampler

from wav2lip.data.loader import ClipLoader, limit_threads, loader_workers
from wav2lip.utils.signals import Stopped, stop_on_signals


class Interrupted(SequentialSampler):
    """The user presses Ctrl-C while the loader starts."""

    def __iter__(self) -> Any:
        signal.raise_signal(signal.SIGINT)
        return super().__iter__()


def swallowed_by(loader: type[DataLoader[int]]) -> list[str]:
    """Return the errors that Python prints after Ctrl-C has interrupted the start of a loader."""
    found: list[str] = []
    sys.unraisablehook = lambda args: found.append(str(args.exc_value))
    data: Any = [0, 1, 2, 3]
    code = None
    with stop_on_signals():
        try:
            iter(
                loader(
                    data,
                    batch_size=None,
                    sampler=Interrupted(data),
                    num_workers=1,
                    persistent_workers=True,
                    multiprocessing_context="fork",
                )
            )
        except Stopped as stop:
            code = stop.code
        gc.collect()
    assert code == 130
    return found


def after_opencv() -> tuple[list[int], int]:
    """Load from two processes after OpenCV has computed on threads; return what came, and the threads it has then."""
    cv2.setNumThreads(3)
    cv2.GaussianBlur(np.zeros((2000, 2000), np.float32), (0, 0), 5)
    data: Any = [0, 1, 2, 3]
    loader = ClipLoader(
        data,
        batch_size=None,
        num_workers=2,
        worker_init_fn=limit_threads,
        multiprocessing_context="fork",
    )
    return list(loader), cv2.getNumThreads()


@pytest.mark.parametrize(
    ("device", "processes", "cores", "workers"),
    [
        ("cpu", 1, 64, 1),
        ("cuda", 1, 64, 8),
        ("cuda", 1, 4, 3),
        ("cuda", 8, 64, 7),
        ("cuda", 4, 4, 1),
    ],
)
def test_loaders_of_a_gpu_leave_a_core_to_training(monkeypatch, device, processes, cores, workers):
    monkeypatch.setattr("wav2lip.data.loader.cpu_count", lambda: cores)
    assert loader_workers(device, processes) == workers


def in_new_process(expression: str) -> Any:
    """Evaluate an expression, with this file as `t`, where no other library has threads: a fork may crash then."""
    done = subprocess.run(
        [sys.executable, "-c", f"import test_loader as t; print({expression})"],
        cwd=Path(__file__).parent,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    return ast.literal_eval(done.stdout)


def test_ctrl_c_while_the_processes_start_leaves_no_traceback():
    of_torch, ours = in_new_process(
        "[t.swallowed_by(loader) for loader in (t.DataLoader, t.ClipLoader)]"
    )
    assert "object has no attribute '_shutdown'" in of_torch[0]  # torch's own
    assert ours == []


def test_processes_start_although_opencv_has_threads():
    assert in_new_process("t.after_opencv()") == ([0, 1, 2, 3], 3)
