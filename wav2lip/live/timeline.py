"""What a live session shows when: pushed speech, the frames that are rendered for it, and idle frames in between.

Numbers of frames are those of the session; each stretch of speech has a clock of its own and is given its first frame
when its first block can be rendered. There are no threads and no clock here.
"""

import math
from collections import deque

import numpy as np

from wav2lip.errors import InputError
from wav2lip.live.avatar import Avatar
from wav2lip.live.block import Block, Counts
from wav2lip.live.idle_mouth import IdleMouth
from wav2lip.live.live_frame import LiveFrame
from wav2lip.live.placed_speech import PlacedSpeech
from wav2lip.live.rendered_frames import RenderedFrames
from wav2lip.live.session_error import SessionError
from wav2lip.live.speech import Speech, SpeechSettings
from wav2lip.media.picture import Picture
from wav2lip.types import Wav

FADE = 5  # frames from the idle mouth to the one that speaks, and back
READY = 8  # frames that are rendered ahead, at most
AHEAD = 8  # frames whose sound is there early: such speech waits for no microphone
MAX_PENDING = 600.0  # seconds of pushed sound that wait to be taken
MAX_STRETCHES = 200  # that wait


class Timeline:
    """Plan and order the frames of a session. Calls must not overlap.

    Args:
        avatar: the face.
        reach: of the generator.
        channels: of a sound that the generator reads.
        settings: of the sound.
        block: frames that are rendered together.
        headroom: frames from the moment when the first block of a stretch can be rendered to that when it is shown, if
            the sound comes no faster than it is heard; None: frames are taken as fast as they are rendered, and there
            are no idle ones.
        idle_mouth: that is shown while nobody speaks, see `LiveSession`.

    Attributes:
        counts: what happened so far.
        lead: frames that pass while a block is rendered, as measured; one that is due earlier is not begun.
    """

    def __init__(
        self,
        avatar: Avatar,
        reach: tuple[int, int],
        channels: int,
        settings: SpeechSettings,
        block: int,
        headroom: int | None,
        idle_mouth: IdleMouth = "closed",
    ) -> None:
        self.counts = Counts()
        self.lead = headroom or 1
        self._avatar, self._settings = avatar, settings
        self._reach, self._channels = reach, channels
        self._block, self._headroom, self._idle_mouth = block, headroom, idle_mouth
        self._most_ready = max(READY, 2 * block + (headroom or 0))
        self._stretches: deque[PlacedSpeech] = deque()  # from the one that is shown
        self._next = 0  # number of the frame that is taken next
        self._planned = 0  # number of the frame that is planned next
        self._weight = 0.0 if self.paced else 1.0  # of the last planned frame
        self._rendered = RenderedFrames()

    @property
    def paced(self) -> bool:
        """Whether frames are due at a time, whether or not they are rendered."""
        return self._headroom is not None

    @property
    def busy(self) -> bool:
        """Whether speech waits to be rendered or taken."""
        return self._rendered.busy or any(not s.done for s in self._stretches)

    @property
    def next_time(self) -> float:
        """Seconds from the first frame to the one that is taken next."""
        return float(self._next / self._settings.fps)

    @property
    def ready(self) -> bool:
        """Whether the next frame is rendered."""
        return self._next in self._rendered

    @property
    def waiting(self) -> float:
        """Seconds of pushed sound that have not been taken."""
        return sum(s.speech.pending for s in self._stretches) / self._settings.sample_rate

    def check_room(self, seconds: float) -> None:
        """Check that so much more sound may wait.

        Raises:
            InputError: too much sound waits, or too many stretches of it.
        """
        if self.waiting + seconds > MAX_PENDING:
            raise InputError(
                f"more than {MAX_PENDING:g} s of sound wait; take the frames before pushing more"
            )
        if len(self._stretches) >= MAX_STRETCHES:
            raise InputError(
                f"more than {MAX_STRETCHES} stretches of speech wait; take the frames before pushing more"
            )

    def push(self, wav: Wav, rate: int) -> None:
        """Continue the last stretch of speech, or begin one.

        Raises:
            InputError: the rate is out of range.
        """
        last = self._stretches[-1].speech if self._stretches else None
        speech = (
            Speech(self._reach, self._channels, self._settings)
            if last is None or last.ended
            else last
        )
        speech.push(wav, rate)
        if not len(wav):
            return
        if speech is not last:
            self._stretches.append(PlacedSpeech(speech, self._settings.fps, self._next))
        self._stretches[-1].grown = self._next

    def end_of_speech(self) -> None:
        """End the last stretch of speech."""
        if self._stretches:
            self._stretches[-1].speech.end()

    def clear(self) -> None:
        """Forget all sound that has not been taken.

        With a clock, frames that are rendered stay, without sound, and then the mouth closes.
        """
        playing = self._playing(self._next)
        self._stretches.clear()
        if self.paced and playing is not None and playing.start is not None:
            playing.speech.cut(self._sample(self._next) - self._sample(playing.start))
            playing.done = False
            self._stretches.append(playing)
        else:
            self._rendered.clear()
            self._planned, self._weight = self._next, 0.0 if self.paced else 1.0

    def plan(self) -> Block | None:
        """Return the next frames that can be rendered, if any."""
        for placed in self._stretches:
            if placed.done:
                continue
            if placed.start is None and not self._place(placed):
                return None
            block = self._plan(placed)
            if block is not None or not placed.done:
                return block
        return None

    def _place(self, placed: PlacedSpeech) -> bool:
        """Give a stretch its first frame, once its first block can be rendered."""
        if not placed.speech.known(self._block - 1):
            return False
        if self._headroom is not None:
            # Later frames of speech that is ahead are rendered ahead, and need no reserve.
            ahead = placed.speech.known(self._block - 1 + AHEAD)
            earliest = self._next + (self.lead if ahead else max(self._headroom, self.lead))
            if earliest > self._planned:
                self._planned, self._weight = earliest, 0.0
        placed.start = self._planned
        return True

    def _plan(self, placed: PlacedSpeech) -> Block | None:
        assert placed.start is not None
        if self._headroom is not None and self._planned < self._next + 1:
            # No more than the headroom: further ahead the sound may not be known yet.
            self._planned = self._next + min(self.lead, self._headroom)
        speech, first = placed.speech, self._planned - placed.start
        number = self._block
        if speech.ended:
            number = min(number, speech.frames - first)
            if number <= 0 and self.paced and placed is self._stretches[-1]:
                number = min(self._block, math.ceil(self._weight * FADE))
            if number <= 0:
                placed.done = True
                return None
        most = max(self._most_ready, self.lead + 2 * self._block)
        room = most - (self._planned - self._next)
        if room < number or not speech.known(first + number - 1):
            return None
        window = speech.window(first, number)
        weights = [self._slew(at, speech, v) for at, v in enumerate(window.voiced, start=first)]
        numbers = list(range(self._planned, self._planned + number))
        self._planned += number
        return Block(numbers, weights, window, self._rendered.expect(numbers))

    def _slew(self, frame: int, speech: Speech, voiced: bool) -> float:
        """Move the weight towards 1 where there is voice, towards 0 elsewhere."""
        inside = not speech.ended or frame < speech.frames
        step = 1 / FADE if inside and voiced else -1 / FADE
        self._weight = min(1.0, max(0.0, round(self._weight + step, 6)))
        return self._weight

    def deliver(self, block: Block, pictures: list[Picture]) -> None:
        """Add the rendered pictures of a block."""
        self._rendered.add(block, pictures, self._next)

    def take(self) -> LiveFrame:
        """Return the next frame. One that is not rendered repeats the last picture in speech, and is idle elsewhere.

        Raises:
            SessionError: a picture of the avatar is damaged.
        """
        number = self._next
        placed = self._playing(number)
        start, stop = self._sample(number), self._sample(number + 1)
        sound, speaking, last = np.zeros(stop - start, np.float32), False, False
        if placed is not None and placed.start is not None:
            speech, begin = placed.speech, self._sample(placed.start)
            dry = False
            if not speech.ended and not speech.heard(stop - begin):
                self.counts.underruns += 1
                speech.end()
                dry = True
            after = placed.start + speech.frames
            speaking, last = number < after, speech.ended and number == after - 1
            last = last or (
                dry and number >= after
            )  # ended by running dry, where its last frame is shown already
            sound = speech.sound(start - begin, stop - begin)
        elif (
            self.paced and self._stretches and self._stretches[0].is_forgotten(number, self._block)
        ):
            self.counts.underruns += 1
            self._stretches[0].speech.end()
        picture, late = self._rendered.take(number, speaking)
        if picture is None:
            try:
                picture = self._avatar.idle(number, self._idle_mouth)
            except InputError as error:  # a damaged picture in the avatar's file
                raise SessionError(error) from error
            self._rendered.shown = number, picture
        self._next += 1
        self.counts.frames += 1
        self.counts.late += late
        time = float(number / self._settings.fps)
        rate = self._settings.sample_rate
        return LiveFrame(picture, sound, rate, time, number, speaking, last, late)

    def _playing(self, number: int) -> PlacedSpeech | None:
        """Return the stretch that a frame belongs to, its fading included; those that are over are dropped."""
        while self._stretches:
            placed = self._stretches[0]
            if placed.start is None or number < placed.start:
                return None
            if not placed.done or number < placed.start + placed.speech.frames:
                return placed
            self._stretches.popleft()
        return None

    def _sample(self, number: int) -> int:
        """Return the first sample of a frame."""
        return math.floor(number * self._settings.sample_rate / self._settings.fps)
