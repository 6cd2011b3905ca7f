"""Download a file from one address: resumed after a cut, verified, never endless."""

import http.client
import queue
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

from wav2lip.checkpoints.registry import RemoteFile
from wav2lip.utils.fields import quote
from wav2lip.utils.files import append, empty, sha256_of

CHUNK = 1 << 18  # bytes read at once
READ_TIMEOUT = 20.0  # seconds without a byte before a connection counts as lost
MIN_RATE = 30_000  # bytes per second; a mirror that stays below it is given up
PATIENCE = 30.0  # seconds that a mirror may be behind MIN_RATE
MAX_REPEATS = 3  # times the file's size that a mirror may send; a server without ranges starts over
ATTEMPTS = 4  # connections a mirror may lose without progress
PAUSE = 0.5  # seconds before the same mirror is asked again
PARTIAL = 206  # HTTP status of an answer to a Range request
UNSATISFIABLE = 416  # HTTP status of a Range beyond the file's end


class RefusedError(Exception):
    """A mirror is unusable. Asking it again would not help."""


def _size_of(part: Path) -> int:
    return part.stat().st_size if part.exists() else 0


class Mirror:
    """One address of a file.

    The deadline grows with what the mirror has sent: a slow connection gets the time it needs, and
    one of a byte per second is given up after `PATIENCE`. What it sends in all is bounded, too, so a mirror takes
    at most `PATIENCE + MAX_REPEATS * size / MIN_RATE` seconds.

    Args:
        url: the address.
        remote: the file that it should serve.
        part: where the bytes are collected.
        answer_timeout: seconds until the server must have answered.
        advance: called with the number of bytes present.
    """

    def __init__(
        self,
        url: str,
        remote: RemoteFile,
        part: Path,
        answer_timeout: float,
        advance: Callable[[int], None],
    ) -> None:
        self._url, self._remote, self._part = url, remote, part
        self._answer_timeout, self._advance = answer_timeout, advance
        self._started = time.monotonic()
        self._received = 0  # bytes from this mirror

    def _check_rate(self) -> None:
        elapsed = time.monotonic() - self._started
        if elapsed > PATIENCE + self._received / MIN_RATE:
            raise RefusedError(f"sends less than {MIN_RATE // 1000} kB per second")
        if self._received > MAX_REPEATS * self._remote.size:
            raise RefusedError("starts over again and again")

    def _open(self, start: int) -> Any:
        """Return the server's answer for the bytes from `start`.

        The request runs in a thread: a name lookup has no timeout of its own, and a server may
        send its headers a byte at a time.
        """
        request = urllib.request.Request(self._url, headers={"User-Agent": "wav2lip"})
        if start:
            request.add_header("Range", f"bytes={start}-")
        answers: queue.Queue[Any] = queue.Queue()

        def ask() -> None:
            try:
                answers.put(urllib.request.urlopen(request, timeout=READ_TIMEOUT))
            except (OSError, http.client.HTTPException, ValueError) as error:
                answers.put(error)

        threading.Thread(target=ask, daemon=True).start()
        try:
            answer = answers.get(timeout=self._answer_timeout)
        except queue.Empty:
            reason = f"no answer within {self._answer_timeout:g} s"
            raise RefusedError(f"cannot be reached ({reason})") from None
        if isinstance(answer, Exception):
            raise answer
        return answer

    def _check_headers(self, answer: Any, have: int) -> None:
        length = answer.headers.get("Content-Length")
        if "html" in answer.headers.get("Content-Type", ""):
            raise RefusedError("serves a web page")
        if length is None:
            return
        if not length.strip().isdecimal():
            raise RefusedError(f"states a Content-Length of {quote(length)}")
        if have + int(length) != self._remote.size:
            raise RefusedError(f"serves {have + int(length)} bytes instead of {self._remote.size}")

    def _receive(self) -> None:
        """Append what one connection sends. Raises OSError or HTTPException if it is lost."""
        part, size = self._part, self._remote.size
        have = _size_of(part)
        with self._open(have) as answer:
            if have and answer.status != PARTIAL:  # the server ignores Range and starts at 0
                empty(part)
                have = 0
            self._check_headers(answer, have)
            self._advance(have)
            while have < size and (data := answer.read1(min(CHUNK, size - have))):
                if not have and data.lstrip()[:1] == b"<":
                    raise RefusedError("serves a web page")
                append(part, data)
                have += len(data)
                self._received += len(data)
                self._advance(have)
                self._check_rate()

    def _try_once(self) -> str:
        """Run one connection. Returns why it ended early, or "" if it did not."""
        try:
            self._receive()
        except urllib.error.HTTPError as error:
            if error.code != UNSATISFIABLE:
                raise RefusedError(f"answers {error.code} {quote(error.reason)[1:-1]}") from error
            empty(self._part)
        except urllib.error.URLError as error:
            raise RefusedError(f"cannot be reached ({error.reason})") from error
        except ValueError as error:
            raise RefusedError(f"sent a malformed response ({error})") from error
        except (OSError, http.client.HTTPException) as error:
            return f"lost the connection ({error or type(error).__name__})"
        return ""

    def download(self) -> None:
        """Fill the part file and verify it.

        Raises:
            RefusedError: with the reason if this mirror fails.
        """
        reason = "lost the connection"
        best = failures = 0
        while failures < ATTEMPTS:
            reason = self._try_once() or reason
            have = _size_of(self._part)
            if have == self._remote.size:
                if sha256_of(self._part) == self._remote.sha256:
                    return
                empty(self._part)
                raise RefusedError("serves another file (its sha256 differs)")
            self._check_rate()
            failures = 0 if have >= best + CHUNK else failures + 1
            best = max(best, have)
            time.sleep(PAUSE)
        raise RefusedError(reason)
