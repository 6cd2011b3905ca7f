"""Lock a folder that only one process may write to."""

import json
import os
import socket
import stat
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from wav2lip.errors import InputError
from wav2lip.utils.kernel_lock import try_lock

NAME = ".lock"
BEAT = 30.0  # seconds between two signs of life of the owner
STALE = 300.0  # seconds without one after which a lock of another machine is given up
_held: set[str] = set()  # real paths of the locks of this process


def _owner_of(descriptor: int) -> dict[str, Any]:
    try:
        os.lseek(descriptor, 0, os.SEEK_SET)
        owner = json.loads(os.read(descriptor, 4096))
        return {"host": str(owner["host"]), "pid": int(owner["pid"])}
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return {}


def _refuse(path: Path, owner: dict[str, Any]) -> InputError:
    who = f"process {owner['pid']} on {owner['host']}" if owner else "another process"
    return InputError(f"{path.parent}: {who} writes to this folder; wait for it, or give another")


def _is_stale(path: Path, owner: dict[str, Any]) -> bool:
    """Return whether the owner of a lock that the kernel does not hold has ended."""
    if not owner:
        return True
    if owner["host"] == socket.gethostname():
        return True  # without the kernel's lock a process of that number is not the owner
    return time.time() - path.stat().st_mtime > STALE


def _open_locked(path: Path) -> int:
    """Open and lock a lock file.

    Raises:
        InputError: another process holds it, or the folder cannot be written.
    """
    flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)
    while True:
        try:
            descriptor = os.open(path, flags, 0o644)
        except OSError as error:
            raise InputError(
                f"{path}: cannot be written ({error.strerror}); choose another folder"
            ) from error
        status = os.fstat(descriptor)
        if (
            not stat.S_ISREG(status.st_mode) or status.st_nlink > 1
        ):  # planted: another file's content
            os.close(descriptor)
            raise InputError(f"{path}: is not a lock; remove it")
        locked, owner = try_lock(descriptor, of_process=True), _owner_of(descriptor)
        if not locked or not _is_stale(path, owner):
            os.close(descriptor)
            raise _refuse(path, owner)
        with suppress(OSError):
            if os.fstat(descriptor).st_ino == path.stat().st_ino:
                return descriptor
        os.close(descriptor)  # its owner has just removed it


def _beat(path: Path, stop: threading.Event) -> None:
    while not stop.wait(BEAT):
        with suppress(OSError):
            os.utime(path)


@contextmanager
def locked_folder(folder: Path) -> Iterator[None]:
    """Hold the lock of a folder, the file `.lock` with host and process id in it.

    The lock of a process that has died is taken over: at once on this machine, after `STALE` seconds
    if it ran on another one that shares the folder.

    Args:
        folder: created if missing; removed again if it was and is still empty.

    Raises:
        InputError: another process holds the lock, or the folder cannot be written.
    """
    new = not folder.exists()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            f"{folder}: cannot be created ({error.strerror}); choose another folder"
        ) from error
    path = folder / NAME
    key = os.path.realpath(path)
    if key in _held:  # the kernel's lock does not keep a process from itself
        raise _refuse(path, {"host": socket.gethostname(), "pid": os.getpid()})
    descriptor = _open_locked(path)
    _held.add(key)
    stop = threading.Event()
    try:
        os.ftruncate(descriptor, 0)
        os.lseek(descriptor, 0, os.SEEK_SET)
        os.write(
            descriptor, json.dumps({"host": socket.gethostname(), "pid": os.getpid()}).encode()
        )
        threading.Thread(target=_beat, args=(path, stop), daemon=True).start()
        yield
    finally:
        stop.set()
        _held.discard(key)
        with suppress(OSError):
            path.unlink()
        os.close(descriptor)
        if os.name == "nt":  # an open file cannot be deleted there
            with suppress(OSError):
                path.unlink()
        if new:
            with suppress(OSError):  # not empty
                folder.rmdir()


def require_unlocked(folder: Path) -> None:
    """Check that nobody holds the lock of a folder; changes nothing.

    Raises:
        InputError: one does.
    """
    path = folder / NAME
    if os.path.realpath(path) in _held:  # closing the file would give up the lock
        raise _refuse(path, {"host": socket.gethostname(), "pid": os.getpid()})
    try:
        descriptor = os.open(path, os.O_RDWR | getattr(os, "O_NOFOLLOW", 0))
    except OSError:  # no lock; whoever takes it reports any other problem
        return
    try:
        owner = _owner_of(descriptor)
        if not try_lock(descriptor, of_process=True) or not _is_stale(path, owner):
            raise _refuse(path, owner)
    finally:
        os.close(descriptor)


def is_abandoned(folder: Path) -> bool:
    """Return whether the process that held the lock of a folder has died without giving it up."""
    path = folder / NAME
    if os.path.realpath(path) in _held:
        return False
    try:
        descriptor = os.open(path, os.O_RDWR | getattr(os, "O_NOFOLLOW", 0))
    except OSError:
        return False
    try:
        owner = _owner_of(descriptor)  # none: it is about to be locked
        return bool(owner) and try_lock(descriptor, of_process=True) and _is_stale(path, owner)
    finally:
        os.close(descriptor)
