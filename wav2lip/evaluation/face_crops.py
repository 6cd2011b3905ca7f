"""Face crops of one video, collected while it is decoded, for the metrics that compare pictures."""

from dataclasses import dataclass, field

import numpy as np

from wav2lip.faces.crops import Crop, cut_face
from wav2lip.media.video import Frame
from wav2lip.types import Image

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


def longest_run(crops: dict[int, Crop]) -> dict[int, Crop]:
    """The longest stretch of consecutive frames among `crops`, the first of equals."""
    best: list[int] = []
    run: list[int] = []
    for frame in sorted(crops):
        run = [*run, frame] if run and frame == run[-1] + 1 else [frame]
        best = run if len(run) > len(best) else best
    return {frame: crops[frame] for frame in best}


class CropCollector:
    """Keeps the face crops of the longest run of frames with a box.

    Memory: two runs of crops (28 kB per frame: 40 MB per minute) and every crop.

    Args:
        given: crops by frame number at which to cut. The same ones for two videos make their faces
            comparable pixel by pixel. None: the crops that `add` receives.

    Attributes:
        crops: every crop that was used, by frame number.
    """

    def __init__(self, given: dict[int, Crop] | None = None) -> None:
        self.crops: dict[int, Crop] = {}
        self._given = given
        self._best, self._run = FaceRun(), FaceRun()

    def add(self, frame: Frame, crop: Crop | None) -> None:
        """Add the next frame of the video; `crop` of its face, None if it has none."""
        used = crop if self._given is None else self._given.get(frame.index)
        if used is None:
            return
        self.crops[frame.index] = used
        if not self._run.crops or frame.index != self._run.first + len(self._run.crops):
            self._run = FaceRun(frame.index)
        self._run.crops.append(cut_face(frame.image, used, FACE_SIZE))
        if len(self._run.crops) > len(self._best.crops):
            self._best = self._run

    @property
    def run(self) -> FaceRun:
        """The longest run of consecutive frames so far, the first of equals."""
        return self._best
