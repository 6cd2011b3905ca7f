"""What passes between a live session and its worker, and what is counted of it."""

from dataclasses import dataclass

from wav2lip.live.speech import MotionWindow


@dataclass(frozen=True)
class Block:
    """Consecutive frames of a session that can be rendered.

    Attributes:
        numbers: of the frames.
        weights: of the moved mouths in [0, 1]; 0: the idle frame.
        window: predicts the motion.
        epoch: of the timeline; a block of an earlier one is no longer wanted.
    """

    numbers: list[int]
    weights: list[float]
    window: MotionWindow
    epoch: int


@dataclass
class Counts:
    """What happened in a session.

    Attributes:
        frames: that were taken.
        late: frames whose picture was not ready; an earlier one was repeated.
        underruns: stretches of speech whose sound did not come in time, so that they were ended.
    """

    frames: int = 0
    late: int = 0
    underruns: int = 0
