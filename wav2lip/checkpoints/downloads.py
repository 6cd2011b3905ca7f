"""Download a file of known size and hash from the first of its mirrors that works."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from wav2lip.checkpoints.registry import RemoteFile
from wav2lip.errors import InputError
from wav2lip.utils.files import sha256_of
from wav2lip.utils.locked_file import locked_file

if TYPE_CHECKING:
    from rich.progress import Progress

ANSWER_TIMEOUT = 15.0  # seconds until a mirror must have answered


def cache_folder() -> Path:
    """Return `$WAV2LIP_CACHE`, or `~/.cache/wav2lip` if that is not set.

    Raises:
        InputError: the user has no home.
    """
    chosen = os.environ.get("WAV2LIP_CACHE") or "~/.cache/wav2lip"
    try:
        return Path(chosen).expanduser()
    except RuntimeError as error:
        raise InputError(f"{chosen}: no such home; set WAV2LIP_CACHE to a folder") from error


def is_complete(path: Path, remote: RemoteFile) -> bool:
    """Tell whether `path` holds exactly this file: size and sha256 agree."""
    return (
        path.is_file() and path.stat().st_size == remote.size and sha256_of(path) == remote.sha256
    )


def _progress() -> "Progress":
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        DownloadColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
        TransferSpeedColumn,
    )

    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
        console=Console(file=sys.stderr),
        transient=True,
        disable=not sys.stderr.isatty(),
    )


def _prepare(folder: Path, target: Path, part: Path) -> None:
    """Create the folder; refuse paths that are folders themselves."""
    for path in (target, part):
        if path.is_dir():
            raise InputError(f"{path}: is a folder, where a file is to be saved; remove it")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            f"{folder}: cannot be created ({error.strerror}); set WAV2LIP_CACHE to another folder"
        ) from error


def fetch(
    remote: RemoteFile, folder: Path | None = None, answer_timeout: float | None = None
) -> Path:
    """Return the path of a file, downloaded if it is not there yet.

    Two processes do not download the same file at the same time: the second one waits for the first.

    A download cut short stays as `NAME.part`; the next mirror or the next run resumes it. A mirror
    that sends less than `MIN_RATE`, or the same bytes again and again, is given up. So a download takes
    at most `PATIENCE + MAX_REPEATS * size / MIN_RATE` seconds per mirror.

    Args:
        remote: what to download.
        folder: where to save it; `cache_folder()` by default.
        answer_timeout: seconds until a mirror must have answered; `ANSWER_TIMEOUT` by default.

    Returns:
        Path of the verified file.

    Raises:
        InputError: with every mirror's reason and where to put the file by hand.
    """
    folder = folder or cache_folder()
    target = folder / remote.name
    part = folder / f"{remote.name}.part"
    if is_complete(target, remote):
        return target
    if not remote.verifiable:
        raise InputError(
            f"{remote.name}: its hash is not known, so it is not downloaded; save it as {target}"
        )
    # Imported late: HTTP and TLS take a tenth of a second, and most runs download nothing.
    from wav2lip.checkpoints.mirror import Mirror, RefusedError

    _prepare(folder, target, part)
    timeout = ANSWER_TIMEOUT if answer_timeout is None else answer_timeout
    reasons = []
    with locked_file(part), _progress() as progress:
        if is_complete(target, remote):  # another process has just downloaded it
            return target
        bar = progress.add_task(remote.name, total=remote.size)
        for url in remote.urls:
            mirror = Mirror(
                url, remote, part, timeout, lambda done: progress.update(bar, completed=done)
            )
            try:
                mirror.download()
            except RefusedError as error:
                reasons.append(f"{url.split('/')[2]} {error}")
                continue
            part.replace(target)
            return target
    raise InputError(
        f"{remote.name} could not be downloaded: {'; '.join(reasons)}. "
        f"Download it by hand from {remote.urls[0]} and save it as {target}"
    )
