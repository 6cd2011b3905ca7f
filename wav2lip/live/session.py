"""A live session: sound in, frames out. The public class is `LiveSession`."""

import asyncio
import math
import threading
import time
from dataclasses import replace
from typing import Self

from wav2lip.errors import InputError
from wav2lip.live.avatar import Avatar
from wav2lip.live.block import Block, Counts
from wav2lip.live.change import Change
from wav2lip.live.idle_mouth import IDLE_MOUTHS, IdleMouth
from wav2lip.live.live_frame import LiveFrame
from wav2lip.live.pushed_sound import read_samples
from wav2lip.live.render_time import RenderTime
from wav2lip.live.session_error import SessionError
from wav2lip.live.speech import SpeechSettings
from wav2lip.live.timeline import Timeline
from wav2lip.live.worker import LiveWorker
from wav2lip.media.picture import Picture
from wav2lip.media.resampler import check_rate
from wav2lip.types import Pcm, Wav
from wav2lip.utils.values import Number, OneOf, Whole, check

FRAMES = Whole(1, 50)
BEHIND = 1.0  # seconds; a consumer that is further behind is not made up for


class LiveSession:
    """Turn sound that arrives in pieces into frames with their sound.

    Sound is the master clock: a frame that is not rendered in time repeats the last picture and is counted, the sound
    goes on. Between two stretches of speech, and in pauses of more than half a second, the source's frames are shown,
    back and forth.

    Iterate over a session, with `for` or `async for`, for its frames. One consumer may do so; other threads may call
    `push`, `end_of_speech` and `clear`. If its frames cannot be rendered, iterating raises `SessionError`.

    Args:
        avatar: the face.
        worker: renders; sessions may share one.
        realtime: yield frames at the times at which they are due; else as fast as they are rendered, without idle
            frames, until the session is closed and all pushed speech has been yielded.
        sample_rate: of the sound that comes out, in Hz.
        block: frames that are rendered together. More cost latency, fewer cost processor time.
        headroom: frames of `realtime` between the moment when the first block of a stretch of speech can be rendered
            and that when it is shown. Speech that arrives faster than it is heard does not wait for them.
        lookahead: see `SpeechSettings`.
        mute_pauses: see `SpeechSettings`.
        idle_mouth: while nobody speaks: "closed": the person's mouth is closed, whatever it does in the source;
            "source": it is the source's own.
        motion: factor on the motion of the mouth, 0 to 2.

    Raises:
        InputError: a value is out of range, the avatar was made for another generator, or the worker is closed.

    Examples:
        ```python
        with LiveWorker(engine) as worker, LiveSession(avatar, worker) as session:
            session.push(samples, 24_000)
            session.end_of_speech()
            for frame in session:
                show(frame.rgb, frame.sound)
        ```
    """

    def __init__(
        self,
        avatar: Avatar,
        worker: LiveWorker,
        *,
        realtime: bool = True,
        sample_rate: int = 48_000,
        block: int = 1,
        headroom: int = 3,
        lookahead: float | None = None,
        mute_pauses: bool = True,
        idle_mouth: IdleMouth = "closed",
        motion: float = 1.0,
    ) -> None:
        avatar.check_engine(worker.engine)
        check("block", block, FRAMES)
        check("headroom", headroom, FRAMES)
        check("motion", motion, Number(0, 2))
        check("idle_mouth", idle_mouth, OneOf(IDLE_MOUTHS))
        self.avatar, self.motion, self.sample_rate = avatar, motion, sample_rate
        self.idle_mouth = idle_mouth
        self._worker = worker
        speech = SpeechSettings(avatar.fps, sample_rate, mute_pauses, lookahead)
        engine, wait = worker.engine, headroom if realtime else None
        self._timeline = Timeline(
            avatar, engine.reach, engine.channels, speech, block, wait, idle_mouth
        )
        self._change = Change()
        self._origin: float | None = None  # time of the clock at frame 0
        self._closed = False
        self._cleared = 0  # calls of `clear`
        self._pushing = threading.Lock()
        self._error: SessionError | None = None
        self._render_time = RenderTime(avatar.fps)
        worker.attach(self)

    @property
    def counts(self) -> Counts:
        """Frames so far, those that were late, and stretches of speech that ran dry."""
        with self._change:
            return replace(self._timeline.counts)

    @property
    def busy(self) -> bool:
        """Whether pushed speech waits to be rendered or taken."""
        with self._change:
            return self._timeline.busy

    @property
    def closed(self) -> bool:
        """Whether `close` was called."""
        return self._closed

    @property
    def waiting(self) -> float:
        """Seconds of pushed sound that have not come out."""
        with self._change:
            return self._timeline.waiting

    def push(self, samples: Wav | Pcm, rate: int) -> None:
        """Continue the speech.

        Args:
            samples: (N,) mono, float in [-1, 1] or int16. N may be 0.
            rate: of the samples in Hz. It may change.

        Raises:
            ValueError: `samples` is not one-dimensional.
            InputError: the samples contain NaN, infinity or values far beyond full scale, the rate is out of range,
                more than 10 minutes of sound wait, or the session is closed. The session goes on without the samples.
            SessionError: the session has ended with an error.
        """
        wav, rate = read_samples(samples), check_rate(rate)
        with self._pushing:
            # In pieces: a frame that is due does not wait until minutes of sound are resampled.
            with self._change:
                if self._error is not None:
                    raise self._error
                if self._closed:
                    raise InputError("the session is closed; open another one")
                self._timeline.check_room(len(wav) / rate)
                cleared = self._cleared
            for first in range(0, max(1, len(wav)), rate):
                with self._change:
                    if self._cleared != cleared or self._closed:
                        break
                    self._timeline.push(wav[first : first + rate], rate)
                self._worker.wake()

    def end_of_speech(self) -> None:
        """Say that a stretch of speech is whole, so that its last frames wait for nothing."""
        with self._change:
            self._timeline.end_of_speech()
        self._worker.wake()

    def clear(self) -> None:
        """Forget all sound that has not come out, for example when the person is interrupted. The mouth closes."""
        with self._change:
            self._cleared += 1
            self._timeline.clear()
        self._worker.wake()

    def close(self) -> None:
        """End the session. In `realtime` iteration stops at once, else after the frames of all pushed speech."""
        with self._change:
            self._closed = True
            self._timeline.end_of_speech()
        self._worker.wake()
        self.notify()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
        self._worker.detach(self)

    def plan(self) -> Block | None:
        """Return the next frames to render; for the worker."""
        with self._change:
            block = self._timeline.plan()
            if block is not None:
                self._render_time.begin(block)
            if block is None and self._closed:
                self.notify()  # that may have been the end
            return block

    def deliver(self, block: Block, pictures: list[Picture]) -> None:
        """Take the pictures of a block; for the worker."""
        with self._change:
            self._timeline.lead = self._render_time.end(block)
            self._timeline.deliver(block, pictures)
        self.notify()

    def fail(self, cause: Exception | None) -> None:
        """End the session with an error; for the worker. None: the worker was closed."""
        with self._change:
            self._error = SessionError(cause)
        self.notify()

    def notify(self) -> None:
        """Wake who waits for a frame."""
        self._change.notify()

    def _attempt(self) -> LiveFrame | float | None:
        """Return the next frame; or for how many seconds there is none unless something changes; None at the end."""
        timeline = self._timeline
        if timeline.paced:
            if self._closed:
                return None
        elif timeline.ready:
            return self._take()
        elif self._closed and not timeline.busy:
            return None
        if self._error is not None:
            raise self._error
        if not timeline.paced:
            return math.inf
        now = time.monotonic()
        if self._origin is None:
            self._origin = now
        due = self._origin + timeline.next_time
        if now - due > BEHIND:
            self._origin += now - due
        return due - now if due > now else self._take()

    def _take(self) -> LiveFrame:
        try:
            return self._timeline.take()
        except SessionError as error:
            self._error = error
            raise

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> LiveFrame:
        while True:
            with self._change:
                found = self._attempt()
                if isinstance(found, float):
                    self._change.wait(found)
                    continue
            if found is None:
                raise StopIteration
            self._worker.wake()  # there is room for another block
            return found

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> LiveFrame:
        while True:
            with self._change:
                found = self._attempt()
                changed = self._change.event() if found == math.inf else None
            if found is None:
                raise StopAsyncIteration
            if isinstance(found, LiveFrame):
                self._worker.wake()
                return found
            await (asyncio.sleep(found) if changed is None else changed.wait())
