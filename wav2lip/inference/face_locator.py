"""Where the faces are in each frame; a frame that is shown again is not searched again."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wav2lip.faces.boxes import pad_box
from wav2lip.faces.detectors import Detector
from wav2lip.faces.tracking import SMOOTH, track_faces
from wav2lip.inference.settings import Settings
from wav2lip.media.video import Frame

Box = NDArray[np.float32]


@dataclass
class Located:
    """A frame and the faces to be given a voice in it."""

    frame: Frame
    boxes: list[Box]  # (4,) each, x0, y0, x1, y1 px, pads included


class Locator:
    """Iterator of frames -> iterator of `Located`, in the same order.

    The first time through the video its faces are tracked; after that the boxes are known by the
    frames' indices. Without a detector the face is where the settings' box is, in every frame.
    """

    def __init__(self, detector: Detector | None, settings: Settings) -> None:
        self._detector, self._settings = detector, settings
        self._known: dict[int, list[Box]] = {}

    def __call__(self, frames: Iterator[Frame]) -> Iterator[Located]:
        """Holds back as many frames as tracking looks ahead."""
        if self._detector is None:
            for frame in frames:
                yield Located(frame, [self._settings.fixed_box(frame.picture.size)])
            return
        shown_again: list[Frame] = []

        def first_time() -> Iterator[Frame]:
            newest = -1
            for frame in frames:
                if frame.index <= newest:
                    shown_again.append(frame)
                    return
                newest = frame.index
                yield frame

        tracked = track_faces(
            first_time(),
            self._detector,
            faces=self._settings.faces,
            smooth=SMOOTH if self._settings.smooth else 1,
        )
        for frame, found in tracked:
            size, pads = frame.picture.size, self._settings.pads
            boxes = [pad_box(face.box, pads, size) for face in found]
            # A face that leaves the frame may be cut down to nothing.
            boxes = [b for b in boxes if b[2] - b[0] >= 2 and b[3] - b[1] >= 2]
            self._known[frame.index] = boxes
            yield Located(frame, boxes)
        for frame in shown_again:
            yield Located(frame, self._known[frame.index])
        for frame in frames:
            yield Located(frame, self._known[frame.index])
