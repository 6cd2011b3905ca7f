"""Render the frames of all live sessions in common batches."""

import atexit
import threading
import weakref
from typing import TYPE_CHECKING, Self

import cv2
import numpy as np

from wav2lip.engines.engine import MeshEngine
from wav2lip.inference.mesh_faces import MeshFaces, paste_faces
from wav2lip.live.block import Block
from wav2lip.media.picture import Picture
from wav2lip.utils.platform import cpu_count

if TYPE_CHECKING:
    from wav2lip.live.session import LiveSession

STOP_TIMEOUT = 5.0  # seconds in which a block is finished


class LiveWorker:
    """Render the frames of live sessions: a block of each that has one, together.

    A context manager. Sessions that are dropped without being closed are forgotten.

    Args:
        engine: the generator.
        threads: that render; None: one per core. Each takes a block of all sessions that have one.

    Attributes:
        engine: the generator.
        error: what stopped the worker, if anything did; its sessions raise it.
    """

    def __init__(self, engine: MeshEngine, threads: int | None = None) -> None:
        cv2.setNumThreads(1)  # frames are shared out among threads instead
        self.engine = engine
        self.error: BaseException | None = None
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
        """Render the frames of a session from now on."""
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
        """Stop; sessions get no more frames."""
        atexit.unregister(self.close)
        self._stopped = True
        self.wake()
        for thread in self._threads:
            if thread is not threading.current_thread():
                thread.join(STOP_TIMEOUT)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _run(self) -> None:
        try:
            while not self._stopped:
                self._work.clear()
                while not self._stopped and self._render_round():
                    pass
                if not self._stopped:  # else `close` has called before the event was cleared
                    self._work.wait()
        except BaseException as error:  # noqa: BLE001 -- raised again by the sessions
            self.error = error
            self._stopped = True
            self.wake()
            self._notify()

    def _notify(self) -> None:
        with self._lock:
            sessions = list(self._sessions)
        for session in sessions:
            session.notify()

    def _render_round(self) -> bool:
        """Render one block of each session that has one; return whether any had."""
        with self._lock:
            sessions = list(self._sessions)
        wanted = [(s, block) for s in sessions for block in [s.plan()] if block is not None]
        if not wanted:
            return False
        pictures = self._render([(session, block) for session, block in wanted])
        for session, block in wanted:
            session.deliver(block, [pictures.pop(0) for _ in block.numbers])
        return True

    def _render(self, wanted: "list[tuple[LiveSession, Block]]") -> list[Picture]:
        """Render blocks of several sessions; return the pictures of all, in order."""
        frames, people, weights, coefficients = [], [], list[float](), []
        for session, block in wanted:
            frames += [session.avatar.frame(number) for number in block.numbers]
            people += [session.avatar.people] * len(block.numbers)
            weights += block.weights
            moved = any(block.weights)
            motion = self.engine.motion(block.window.mel) if moved else self._no_motion(block)
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
        steps = block.window.mel.shape[1] // 2
        return np.zeros((len(self.engine.basis), steps), np.float32)
