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

from wav2lip.engines.engine import MeshEngine
from wav2lip.errors import InputError
from wav2lip.inference.mesh_faces import MeshFaces, paste_faces
from wav2lip.live.block import Block
from wav2lip.media.picture import Picture
from wav2lip.utils.platform import cpu_count

if TYPE_CHECKING:
    from wav2lip.live.session import LiveSession

P = ParamSpec("P")
Result = TypeVar("Result")
STOP_TIMEOUT = 5.0  # seconds in which a block is finished


class LiveWorker:
    """Render the frames of live sessions: a block of each that has one, together.

    A context manager. Sessions that are dropped without being closed are forgotten. An error ends the session whose
    frames it concerns; the others go on.

    Args:
        engine: the generator.
        threads: that render; None: one per core. Each takes a block of all sessions that have one.

    Attributes:
        engine: the generator.
    """

    def __init__(self, engine: MeshEngine, threads: int | None = None) -> None:
        cv2.setNumThreads(1)  # frames are shared out among threads instead
        self.engine = engine
        self._faces = MeshFaces(engine)
        self._sessions: weakref.WeakSet[LiveSession] = weakref.WeakSet()
        self._lock = threading.Lock()
        self._work = threading.Event()
        self._stopped = False
        number = threads or cpu_count()
        self._threads = [
            threading.Thread(target=self._run, name=f"wav2lip-live-{at}", daemon=True)
            for at in range(number if engine.on_cpu else 1)
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
        with self._lock:
            return list(self._sessions)

    def _run(self) -> None:
        while not self._stopped:
            self._work.clear()
            while not self._stopped and self._render_round():
                pass
            if not self._stopped:  # else `close` has called before the event was cleared
                self._work.wait()

    def _render_round(self) -> bool:
        """Render one block of each session that has one; return whether any had."""
        planned = [(s, self._attempt(s, s.plan)) for s in self._attached()]
        wanted = [(session, block) for session, block in planned if block is not None]
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
        frames, people, weights, coefficients = [], [], list[float](), []
        for session, block in wanted:
            frames += [session.avatar.frame(number) for number in block.numbers]
            people += [session.avatar.people] * len(block.numbers)
            weights += block.weights
            moved = any(block.weights)
            motion = self.engine.motion(block.window.audio) if moved else self._no_motion(block)
            coefficients.append(block.window.coefficients(motion) * np.float32(session.motion))
        moving = [at for at, weight in enumerate(weights) if weight]
        rendered = self._faces.render(
            [frames[at] for at in moving],
            np.concatenate(coefficients)[moving],
            [people[at] for at in moving],
            [weights[at] for at in moving],
        )
        pictures = [frame.frame.picture for frame in frames]
        for at, one in zip(moving, rendered, strict=True):
            pictures[at] = paste_faces(*one)
        return pictures

    def _no_motion(self, block: Block) -> np.ndarray:
        steps = block.window.audio.shape[1] // 2
        return np.zeros((len(self.engine.basis), steps), np.float32)
