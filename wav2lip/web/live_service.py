"""Live sessions of a server: one worker renders all of them."""

import asyncio
import logging
import sys
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import import_module
from pathlib import Path
from weakref import WeakValueDictionary

import anyio.to_thread

from wav2lip.errors import InputError
from wav2lip.inference.lip_syncer import LipSyncer
from wav2lip.live.avatar import Avatar
from wav2lip.live.session import LiveSession
from wav2lip.live.session_error import SessionError
from wav2lip.live.worker import LiveWorker
from wav2lip.web.request_error import RequestError
from wav2lip.web.server_settings import ServerSettings

SWITCH = 0.0005  # seconds until a thread must let another one run; the default makes frames late

log = logging.getLogger(__name__)


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
        self._peers: set[asyncio.Task[None]] = set()

    def close(self) -> None:
        """End all sessions."""
        with self._lock:
            if self._worker is not None:
                self._worker.close()

    async def end_peers(self) -> None:
        """End the sessions over WebRTC."""
        for peer in self._peers:
            peer.cancel()
        await asyncio.gather(*self._peers, return_exceptions=True)

    async def answer(self, path: Path, offer: str) -> str:
        """Open a session over WebRTC, which lasts until its client leaves.

        Args:
            path: file of the avatar.
            offer: of the client, in SDP.

        Returns:
            The answer in SDP.

        Raises:
            InputError: the offer cannot be used; or see `session`.
        """
        answered: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        peer = asyncio.create_task(self._serve_peer(path, offer, answered))
        self._peers.add(peer)
        peer.add_done_callback(self._peers.discard)
        return await answered

    async def _serve_peer(self, path: Path, offer: str, answered: asyncio.Future[str]) -> None:
        try:
            # The first import takes a second, in which other sessions would stand still.
            webrtc = await anyio.to_thread.run_sync(import_module, "wav2lip.live.webrtc")
            async with self.session(path) as session:
                connection = webrtc.LiveConnection(session)
                try:
                    answered.set_result(await connection.answer(offer))
                    async with asyncio.timeout(self._settings.limits.live_seconds):
                        await connection.wait_closed()
                finally:
                    await connection.close()
        except Exception as error:
            if not answered.done():
                answered.set_exception(error)
            elif not isinstance(error, TimeoutError | InputError | SessionError):
                log.exception("a session over WebRTC")

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
            with LiveSession(avatar, worker, idle_mouth=self._settings.idle_mouth) as session:
                yield session
        finally:
            self._open -= 1
