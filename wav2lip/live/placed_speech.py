"""A stretch of speech and its place among the frames of a session."""

from dataclasses import dataclass
from fractions import Fraction

from wav2lip.live.speech import Speech

FORGOTTEN = 0.5  # seconds; speech that has not begun and gets no more sound for longer ends


@dataclass
class PlacedSpeech:
    """A stretch of speech and its place.

    Attributes:
        speech: the sound.
        fps: frames per second.
        grown: number of the frame that was to be taken next when sound came last.
        start: number of its first frame; None until its first block can be rendered.
        done: whether all its frames have been planned.
    """

    speech: Speech
    fps: Fraction
    grown: int
    start: int | None = None
    done: bool = False

    def is_forgotten(self, number: int, block: int) -> bool:
        """Tell whether it is too short to begin and has not grown for a while; the next sound would continue it.

        Args:
            number: of the frame that is taken next.
            block: frames that are rendered together.
        """
        waits = self.start is None and not self.speech.known(block - 1)
        return waits and number - self.grown > FORGOTTEN * self.fps + block
