"""Render the frames of all live sessions in common batches."""

import atexit
import threading
import weakref
from collections.abc import Callable
from contextlib import suppress
from traceback import clear_frames
from typing import TYPE_CHECKING, ParamSpec, Self, TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from wav2lip.engines.engine import MeshEngine
from wav2lip.errors import InputError
from wav2lip.inference.mesh_faces import MeshFaces, paste_faces, render_threads
from wav2lip.live.block import Block
from wav2lip.media.picture import Picture

if TYPE_CHECKING:
    from wav2lip.live.session import LiveSession

P = ParamSpec("P")
Result = TypeVar("Result")
STOP_TIMEOUT = 5.0  # seconds in which a block is finished


class LiveWorker:
    """Render the frames of live sessions: the blocks that they have are shared out among threads.

    A context manager. Sessions that are dropped without being closed are forgotten. An error ends the session whose
    frames it concerns; the others go on.

    Args:
        engine: the generator.
        threads: that render; None: one per core, at most four. Each takes its share of the sessions, a block of each
            that has one, in common batches; on a GPU each takes those of all.

    Attributes:
        engine: the generator.
    """

    def __init__(self, engine: MeshEngine, threads: int | None = None) -> None:
        cv2.setNumThreads(1)  # frames are shared out among threads instead
        self.engine = engine
        self._faces = MeshFaces(engine)
        self._sessions: weakref.WeakSet[LiveSession] = weakref.WeakSet()
        self._lock = threading.Lock()
        self._turn = 0
        self._work = threading.Event()
        self._stopped = False
        # Meshes are moved by the CPU, wherever the networks run.
        self._threads = [
            threading.Thread(target=self._run, name=f"wav2lip-live-{at}", daemon=True)
            for at in range(threads or render_threads())
        ]
        atexit.register(self.close)  # a thread inside native code would abort the interpreter's end
        for thread in self._threads:
            thread.start()

    def attach(self, session: "LiveSession") -> None:
        """Render the frames of a session from now on.

        Raises:
            InputError: the worker is closed.
        """
        if self._stopped:
            raise InputError("the worker is closed; make another one")
        with self._lock:
            self._sessions.add(session)
        self.wake()

    def detach(self, session: "LiveSession") -> None:
        """Forget a session."""
        with self._lock:
            self._sessions.discard(session)

    def wake(self) -> None:
        """Say that a session may have a block."""
        self._work.set()

    def close(self) -> None:
        """Stop; sessions that are not done end with an error."""
        atexit.unregister(self.close)
        self._stopped = True
        self.wake()
        for thread in self._threads:
            if thread is not threading.current_thread():
                thread.join(STOP_TIMEOUT)
        for session in self._attached():
            session.fail(None)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _attached(self) -> "list[LiveSession]":
        """Return the sessions, each time from another one on."""
        with self._lock:
            sessions = list(self._sessions)
            self._turn += 1
        first = self._turn % len(sessions) if sessions else 0
        return sessions[first:] + sessions[:first]

    def _run(self) -> None:
        while not self._stopped:
            self._work.clear()
            while not self._stopped and self._render_round():
                pass
            if not self._stopped:  # else `close` has called before the event was cleared
                self._work.wait()
        self._work.set()  # which another thread may have cleared after `close`

    def _render_round(self) -> bool:
        """Render this thread's share of the blocks that sessions have; return whether any had one."""
        sessions = self._attached()
        # A common batch saves a GPU time. On a CPU blocks would wait for each other while threads are idle.
        share = -(-len(sessions) // len(self._threads)) if self.engine.on_cpu else len(sessions)
        wanted: list[tuple[LiveSession, Block]] = []
        for session in sessions:
            if len(wanted) == share:
                self.wake()  # other threads, for the sessions that are left
                break
            block = self._attempt(session, session.plan)
            if block is not None:
                wanted.append((session, block))
        if not wanted:
            return False
        with suppress(Exception):  # raised again for the block that it concerns
            self._render_and_deliver(wanted)
            return True
        for one in wanted:
            self._attempt(one[0], self._render_and_deliver, [one])
        return True

    def _attempt(
        self, session: "LiveSession", action: Callable[P, Result], *args: P.args, **kwargs: P.kwargs
    ) -> Result | None:
        """Do something for a session; an error ends the session, and no other one."""
        try:
            return action(*args, **kwargs)
        except Exception as error:  # noqa: BLE001 -- the session's consumer gets it
            clear_frames(error.__traceback__)  # of their arrays
            self.detach(session)
            session.fail(error)
            return None

    def _render_and_deliver(self, wanted: "list[tuple[LiveSession, Block]]") -> None:
        pictures = self._render(wanted)
        for session, block in wanted:
            session.deliver(block, [pictures.pop(0) for _ in block.numbers])

    def _render(self, wanted: "list[tuple[LiveSession, Block]]") -> list[Picture]:
        """Render blocks of several sessions; return the pictures of all, in order."""
        frames, people, shares, coefficients = [], [], list[float](), []
        pictures: list[Picture] = []
        moving: list[int] = []  # places of the pictures that are rendered
        for session, block in wanted:
            avatar, closes = session.avatar, session.idle_mouth == "closed"
            motion = self._motion(session, block)
            for at, (number, weight) in enumerate(zip(block.numbers, block.weights, strict=True)):
                if not weight:
                    pictures.append(avatar.idle(number, session.idle_mouth))
                    continue
                # The motion fades to the closed mouth; or the moved mouth to the source's own.
                scale, share = (weight, 1.0) if closes else (1.0, weight)
                frame = avatar.frame(number)
                moving.append(len(pictures))
                pictures.append(frame.frame.picture)
                frames.append(frame)
                people.append(avatar.people)
                shares.append(share)
                coefficients.append(motion[at] * np.float32(scale))
        if moving:
            rendered = self._faces.render(frames, np.stack(coefficients), people, shares)
            for place, one in zip(moving, rendered, strict=True):
                pictures[place] = paste_faces(*one)
        return pictures

    def _motion(self, session: "LiveSession", block: Block) -> NDArray[np.float32]:
        """Return the coefficients (T, K) of the frames of a block."""
        if not any(block.weights):
            return np.zeros((len(block.numbers), 0), np.float32)
        motion = block.window.coefficients(self.engine.motion(block.window.audio))
        return motion * np.float32(session.motion)
