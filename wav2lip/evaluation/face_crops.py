"""Face crops of one video, collected while it is decoded, for the metrics that compare pictures."""

from dataclasses import dataclass, field

import numpy as np

from wav2lip.faces.crops import Crop, cut_face
from wav2lip.media.video import Frame
from wav2lip.types import Box, Image

FACE_SIZE = 96  # px


@dataclass
class FaceRun:
    """Face crops of consecutive frames.

    Attributes:
        first: number of the first frame at 25 fps.
        crops: T crops (96,96,3) BGR.
    """

    first: int = 0
    crops: list[Image] = field(default_factory=list)

    @property
    def faces(self) -> Image:
        """(T,96,96,3) BGR."""
        empty = np.zeros((0, FACE_SIZE, FACE_SIZE, 3), np.uint8)
        return np.stack(self.crops) if self.crops else empty

    def shortened(self, count: int) -> "FaceRun":
        """The first `count` frames."""
        return FaceRun(self.first, self.crops[:count])


def longest_run(boxes: dict[int, Box]) -> dict[int, Box]:
    """The longest stretch of consecutive frames among `boxes`, the first of equals."""
    best: list[int] = []
    run: list[int] = []
    for frame in sorted(boxes):
        run = [*run, frame] if run and frame == run[-1] + 1 else [frame]
        best = run if len(run) > len(best) else best
    return {frame: boxes[frame] for frame in best}


class CropCollector:
    """Keeps the face crops of the longest run of frames with a box.

    Memory: two runs of crops (28 kB per frame: 40 MB per minute) and every box.

    Args:
        boxes: boxes (4,) px by frame number at which to crop. The same boxes for two videos make their crops
            comparable pixel by pixel. None: the boxes that `add` receives.

    Attributes:
        boxes: every box that was used, by frame number.
    """

    def __init__(self, boxes: dict[int, Box] | None = None) -> None:
        self.boxes: dict[int, Box] = {}
        self._given = boxes
        self._best, self._run = FaceRun(), FaceRun()

    def add(self, frame: Frame, box: Box | None) -> None:
        """Add the next frame of the video; `box` (4,) px of its face, None if it has none."""
        used = box if self._given is None else self._given.get(frame.index)
        if used is None:
            return
        self.boxes[frame.index] = used
        if not self._run.crops or frame.index != self._run.first + len(self._run.crops):
            self._run = FaceRun(frame.index)
        self._run.crops.append(cut_face(frame.image, Crop.of_box(used), FACE_SIZE))
        if len(self._run.crops) > len(self._best.crops):
            self._best = self._run

    @property
    def run(self) -> FaceRun:
        """The longest run of consecutive frames so far, the first of equals."""
        return self._best
