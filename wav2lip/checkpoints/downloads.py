"""Fetch a file of known size and hash: resumed after a cut, checked, from several mirrors."""

import hashlib
import http.client
import os
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

from wav2lip.errors import InputError

CHUNK = 1 << 18  # bytes read at once
TIMEOUT = 30.0  # seconds without a byte before a connection counts as dead
ATTEMPTS = 4  # connections a mirror may lose without progress before the next one is asked
PAUSE = 0.5  # seconds before asking the same mirror again
PARTIAL = 206  # HTTP status of an answer to a Range request
UNSATISFIABLE = 416  # HTTP status of a Range beyond the file's end


@dataclass(frozen=True)
class RemoteFile:
    """A file that never changes, and where to get it."""

    name: str
    size: int  # bytes
    sha256: str
    urls: tuple[str, ...]


_SPACES = "https://huggingface.co/camenduru/Wav2Lip/resolve/main/checkpoints/"
_STUDIO = "https://huggingface.co/numz/wav2lip_studio/resolve/main/Wav2lip/"
_PLAIN = "https://huggingface.co/Nekochu/Wav2Lip/resolve/main/"
# Sizes and hashes as public projects state them; research and personal use only.
NAMED: dict[str, RemoteFile] = {
    "wav2lip": RemoteFile(
        "wav2lip.pth",
        435807851,
        "b78b681b68ad9fe6c6fb1debc6ff43ad05834a8af8a62ffc4167b7b34ef63c37",
        tuple(base + "wav2lip.pth" for base in (_SPACES, _STUDIO, _PLAIN)),
    ),
    "wav2lip_gan": RemoteFile(
        "wav2lip_gan.pth",
        435801865,
        "ca9ab7b7b812c0e80a6e70a5977c545a1e8a365a6c49d5e533023c034d7ac3d8",
        tuple(base + "wav2lip_gan.pth" for base in (_SPACES, _STUDIO, _PLAIN)),
    ),
    "syncnet_v2": RemoteFile(
        "syncnet_v2.model",
        54573114,
        "961e8696f888fce4f3f3a6c3d5b3267cf5b343100b238e79b2659bff2c605442",
        ("https://www.robots.ox.ac.uk/~vgg/software/lipsync/data/syncnet_v2.model",),
    ),
}


class _RefusedError(Exception):
    """A mirror serves something else; asking it again would not help."""


def cache_folder() -> Path:
    """$WAV2LIP_CACHE, or ~/.cache/wav2lip."""
    chosen = os.environ.get("WAV2LIP_CACHE")
    return Path(chosen).expanduser() if chosen else Path.home() / ".cache" / "wav2lip"


def sha256_of(path: Path) -> str:
    """Hex digest of a file's content."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _append(part: Path, data: bytes) -> None:
    try:
        with part.open("ab") as file:
            file.write(data)
    except OSError as error:
        raise InputError(
            f"{part}: cannot be written ({error.strerror}); free some space"
        ) from error


def _receive(
    url: str, part: Path, size: int, timeout: float, advance: Callable[[int], None]
) -> None:
    """One connection: append what comes to `part`. Raises OSError or HTTPException when cut."""
    have = part.stat().st_size if part.exists() else 0
    request = urllib.request.Request(url, headers={"User-Agent": "wav2lip"})
    if have:
        request.add_header("Range", f"bytes={have}-")
    with urllib.request.urlopen(request, timeout=timeout) as answer:
        if have and answer.status != PARTIAL:  # the server knows no Range: from the start
            part.unlink()
            have = 0
        length = answer.headers.get("Content-Length")
        page = "html" in answer.headers.get("Content-Type", "")
        if page:
            raise _RefusedError("serves a web page")
        if length is not None and have + int(length) != size:
            raise _RefusedError(f"serves {have + int(length)} bytes instead of {size}")
        advance(have)
        while have < size and (data := answer.read1(min(CHUNK, size - have))):
            if not have and data.lstrip()[:1] == b"<":
                raise _RefusedError("serves a web page")
            _append(part, data)
            have += len(data)
            advance(have)


def _from_mirror(
    url: str, part: Path, remote: RemoteFile, timeout: float, advance: Callable[[int], None]
) -> str | None:
    """None once `part` is the whole, right file, otherwise why this mirror failed."""
    reason = "lost the connection"
    best = failures = 0
    while failures < ATTEMPTS:
        try:
            _receive(url, part, remote.size, timeout, advance)
        except _RefusedError as error:
            return str(error)
        except urllib.error.HTTPError as error:
            if error.code != UNSATISFIABLE:
                return f"answers {error.code} {error.reason}"
            part.unlink(missing_ok=True)
        except urllib.error.URLError as error:
            return f"cannot be reached ({error.reason})"
        except (OSError, http.client.HTTPException) as error:
            reason = f"lost the connection ({error or type(error).__name__})"
        if part.exists() and part.stat().st_size == remote.size:
            if sha256_of(part) == remote.sha256:
                return None
            part.unlink()
            return "serves another file (its sha256 differs)"
        have = part.stat().st_size if part.exists() else 0
        failures = 0 if have >= best + CHUNK else failures + 1
        best = max(best, have)
        time.sleep(PAUSE)
    return reason


def _progress() -> Progress:
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


def fetch(remote: RemoteFile, folder: Path | None = None, timeout: float = TIMEOUT) -> Path:
    """Path of the file in `folder` (default: the cache), downloaded if it is not there.

    A download cut short stays as `NAME.part` and is resumed by the next mirror or the next run.
    Raises InputError with every mirror's reason, and where to put the file by hand.
    """
    folder = folder or cache_folder()
    target = folder / remote.name
    whole = target.is_file() and target.stat().st_size == remote.size
    if whole and sha256_of(target) == remote.sha256:
        return target
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            f"{folder}: cannot be created ({error.strerror}); set WAV2LIP_CACHE to another folder"
        ) from error
    part = folder / f"{remote.name}.part"
    reasons = []
    with _progress() as progress:
        bar = progress.add_task(remote.name, total=remote.size)
        for url in remote.urls:
            reason = _from_mirror(
                url, part, remote, timeout, lambda done: progress.update(bar, completed=done)
            )
            if reason is None:
                part.replace(target)
                return target
            reasons.append(f"{url.split('/')[2]} {reason}")
    raise InputError(
        f"{remote.name} could not be downloaded: {'; '.join(reasons)}. "
        f"Download it by hand from {remote.urls[0]} and save it as {target}"
    )
