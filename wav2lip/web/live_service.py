"""Live sessions of a server: one worker renders all of them."""

import sys
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from weakref import WeakValueDictionary

import anyio.to_thread

from wav2lip.inference.lip_syncer import LipSyncer
from wav2lip.live.avatar import Avatar
from wav2lip.live.session import LiveSession
from wav2lip.live.worker import LiveWorker
from wav2lip.web.request_error import RequestError
from wav2lip.web.server_settings import ServerSettings

SWITCH = 0.0005  # seconds until a thread must let another one run; the default makes frames late


class LiveService:
    """Opens live sessions. The generator is loaded for the first one.

    Args:
        settings: of the server.
    """

    def __init__(self, settings: ServerSettings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._worker: LiveWorker | None = None
        self._avatars: WeakValueDictionary[Path, Avatar] = WeakValueDictionary()
        self._open = 0

    def close(self) -> None:
        """End all sessions."""
        with self._lock:
            if self._worker is not None:
                self._worker.close()

    def _prepare(self, path: Path) -> tuple[Avatar, LiveWorker]:
        with self._lock:
            if self._worker is None:
                sys.setswitchinterval(SWITCH)
                settings = self._settings
                syncer = LipSyncer.from_checkpoint(settings.checkpoint, settings.device)
                self._worker = LiveWorker(syncer.mesh_engine)
            avatar = self._avatars.get(path)
            if avatar is None:
                avatar = self._avatars[path] = Avatar.load(path)
            return avatar, self._worker

    @asynccontextmanager
    async def session(self, path: Path) -> AsyncIterator[LiveSession]:
        """Open a session.

        Args:
            path: file of the avatar.

        Raises:
            RequestError: there are too many sessions.
            InputError: the generator does not move a mesh, or the avatar is not for it.
        """
        limit = self._settings.limits.live_sessions
        if self._open >= limit:
            raise RequestError(
                429, f"{limit} live sessions are open, the limit of this server; try again later"
            )
        self._open += 1
        try:
            avatar, worker = await anyio.to_thread.run_sync(self._prepare, path)
            with LiveSession(avatar, worker) as session:
                yield session
        finally:
            self._open -= 1
