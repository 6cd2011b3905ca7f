"""What a run has learned of its source, for further runs on the same file."""

import math
from pathlib import Path

from wav2lip.inference.face_locator import FaceLocator
from wav2lip.inference.frames import Playback

Identity = tuple[str, int, int]  # path, size and time of the last change


def _identity(path: Path | None) -> Identity | None:
    """Return what stays the same while a file is not changed; None for arrays."""
    if path is None:
        return None
    status = path.stat()
    return str(path.absolute()), status.st_size, status.st_mtime_ns


class KnownSource:
    """Remembers the last file, and where its faces are.

    Faces are followed through all frames that a run shows, so they are the same only for a run that shows as many.
    """

    def __init__(self) -> None:
        self._identity: Identity | None = None
        self._locator: FaceLocator | None = None
        self._last, self._cut = math.inf, -math.inf  # times of the last frame, and of the next one

    def is_last(self, path: Path | None) -> bool:
        """Tell whether the last run was on the same file; None stands for arrays."""
        identity = _identity(path)
        return identity is not None and identity == self._identity

    def start(self, path: Path | None) -> None:
        """Forget the last file; another one has been studied."""
        self._identity, self._locator = _identity(path), None

    def locator(self, playback: Playback) -> FaceLocator | None:
        """Return what knows the faces of all frames that a run shows; None if nothing does."""
        if self._locator is None or not self._last <= playback.end < self._cut:
            return None
        return self._locator

    def keep(self, path: Path | None, locator: FaceLocator, cut: float) -> None:
        """Remember the faces that were followed, unless a run on another file was started meanwhile.

        Args:
            path: of the file.
            locator: has followed them.
            cut: seconds, the time of the first frame that it was not given; ∞ if it was given all.
        """
        if locator.last_time is not None and self.is_last(path):
            self._locator, self._last = locator, locator.last_time
            self._cut = cut
