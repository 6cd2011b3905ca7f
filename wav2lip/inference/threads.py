"""Torch's number of threads, a setting of the whole process, shared by renderers that overlap."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock

_lock = Lock()
_users = 0
_before = 1  # threads while there is no user


@contextmanager
def one_torch_thread() -> Iterator[None]:
    """Run torch's operators on one thread each; the last user that leaves restores the number.

    Each worker of a renderer runs a whole batch, so that more threads inside an operator would only
    wait for each other. Without the count of users, a second renderer would save and restore the 1
    that the first has set. Nothing happens while torch is not imported.
    """
    global _users, _before
    if sys.modules.get("torch") is None:
        yield
        return
    import torch

    with _lock:
        if not _users:
            _before = torch.get_num_threads()
        _users += 1
        torch.set_num_threads(1)
    try:
        yield
    finally:
        with _lock:
            _users -= 1
            torch.set_num_threads(1 if _users else _before)


def repeat_threads() -> Callable[[], None]:
    """Return a function that sets this thread's number of torch threads in another thread.

    The setting is per thread for some operators.
    """
    if sys.modules.get("torch") is None:
        return lambda: None
    import torch

    threads = torch.get_num_threads()
    return lambda: torch.set_num_threads(threads)
