"""Retiming of a stream of frames to a constant rate."""

from collections.abc import Iterable, Iterator

from wav2lip.media.alignment import CLOCK
from wav2lip.media.frame import Frame


def retime_frames(frames: Iterable[Frame], fps: float) -> Iterator[Frame]:
    """Retime frames to a constant rate by their presentation times.

    Args:
        frames: frames in the order of their times.
        fps: frames per second of the result.

    Yields:
        For each tick k / fps, the frame that is displayed then. A frame displayed for several ticks is
        repeated, one displayed at no tick is dropped.
    """
    tick = 0
    current: Frame | None = None
    for frame in frames:
        while current is not None and tick / fps < frame.time - CLOCK:
            yield Frame(current.image, tick / fps, tick)
            tick += 1
        current = frame
    if current is not None:  # the duration of the last frame is unknown here: one tick
        yield Frame(current.image, tick / fps, tick)
