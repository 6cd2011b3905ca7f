import ast
import gc
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from torch.utils.data import DataLoader, SequentialSampler

from wav2lip.data.loader import loader_workers
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


def test_ctrl_c_while_the_processes_start_leaves_no_traceback():
    # In a process of its own: a fork after other libraries have started threads may crash.
    code = (
        "import test_loader as t; from wav2lip.data.loader import ClipLoader; "
        "print([t.swallowed_by(loader) for loader in (t.DataLoader, ClipLoader)])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=Path(__file__).parent,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    of_torch, ours = ast.literal_eval(done.stdout)
    assert "object has no attribute '_shutdown'" in of_torch[0]  # torch's own
    assert ours == []
