"""Torch's number of threads, a setting of the whole process, shared by renderers that overlap."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

import torch

_lock = Lock()
_users = 0
_before = 1  # threads while there is no user


@contextmanager
def one_torch_thread() -> Iterator[None]:
    """Run torch's operators on one thread each; the last user that leaves restores the number.

    Each worker of a renderer runs a whole batch, so that more threads inside an operator would only
    wait for each other. Without the count of users, a second renderer would save and restore the 1
    that the first has set.
    """
    global _users, _before
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
