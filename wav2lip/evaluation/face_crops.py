"""Face crops of one video, collected while it is decoded, for the metrics that compare pictures."""

from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from wav2lip.faces.crops import Crop, cut_face
from wav2lip.faces.landmark_tracking import Mesh, find_landmarks
from wav2lip.faces.landmarks import Landmarks
from wav2lip.faces.mesh import Points
from wav2lip.media.video import Frame
from wav2lip.metrics.identity import portrait
from wav2lip.metrics.mouth_motion import mouth_luma
from wav2lip.types import LANDMARKS, NIQE_PATCH, Image

FACE_SIZE = 96  # px
SAMPLED = 5  # every so many frames
NO_MESH = np.full((LANDMARKS, 3), np.nan, np.float32)


@dataclass(frozen=True)
class FaceSample:
    """What the costlier metrics take from every fifth frame.

    Attributes:
        mouth: (96,96) grey levels of the mouth in a crop of 192 px.
        portrait: (112,112,3) BGR, the face as recognition networks take it; None without a mesh.
    """

    mouth: NDArray[np.float32]
    portrait: Image | None


@dataclass
class FaceRun:
    """Face crops of consecutive frames.

    Attributes:
        first: number of the first frame at 25 fps.
        crops: T crops (96,96,3) BGR.
        places: where the T crops were cut.
        meshes: T face meshes (468,3) in pixels of the frame, NaN where none fits; empty if none were asked for.
        samples: by frame number, of the frames whose number is a multiple of five.
    """

    first: int = 0
    crops: list[Image] = field(default_factory=list)
    places: list[Crop] = field(default_factory=list)
    meshes: list[Points] = field(default_factory=list)
    samples: dict[int, FaceSample] = field(default_factory=dict)

    @property
    def faces(self) -> Image:
        """(T,96,96,3) BGR."""
        empty = np.zeros((0, FACE_SIZE, FACE_SIZE, 3), np.uint8)
        return np.stack(self.crops) if self.crops else empty

    def shortened(self, count: int) -> "FaceRun":
        """The first `count` frames."""
        samples = {k: sample for k, sample in self.samples.items() if k < self.first + count}
        parts = self.crops[:count], self.places[:count], self.meshes[:count]
        return FaceRun(self.first, *parts, samples)


def longest_run(crops: dict[int, Crop]) -> dict[int, Crop]:
    """The longest stretch of consecutive frames among `crops`, the first of equals."""
    best, start, last = range(0), 0, None
    for frame in sorted(crops):
        if last is None or frame != last + 1:
            start = frame
        last = frame
        best = max(best, range(start, frame + 1), key=len)
    return {frame: crops[frame] for frame in best}


class FrameSink(Protocol):
    """Receives the frames of a video while it is decoded."""

    def add(self, frame: Frame, crop: Crop | None) -> None:
        """Add the next frame of the video; `crop` of its face, None if it has none."""
        ...


class CropCollector:
    """Keeps the face crops of the longest run of frames with a box.

    Memory: two runs of crops, meshes and samples (48 kB per frame: 72 MB per minute), and where each crop lies.

    Args:
        given: crops by frame number at which to cut. The same ones for two videos make their faces
            comparable pixel by pixel. None: the crops that `add` receives.
        mesh: fits the face mesh in every crop; None: none.
        probe: receives every frame, too.

    Attributes:
        crops: every crop that was used, by frame number.
    """

    def __init__(
        self,
        given: dict[int, Crop] | None = None,
        mesh: Mesh | None = None,
        probe: FrameSink | None = None,
    ) -> None:
        self.crops: dict[int, Crop] = {}
        self._probe = probe
        self._given, self._mesh = given, mesh
        self._known: Landmarks | None = None  # of the frame before
        self._best, self._run = FaceRun(), FaceRun()

    def add(self, frame: Frame, crop: Crop | None) -> None:
        """Add the next frame of the video; `crop` of its face, None if it has none."""
        if self._probe is not None:
            self._probe.add(frame, crop)
        used = crop if self._given is None else self._given.get(frame.index)
        if used is None:
            return
        self.crops[frame.index] = used
        if not self._run.crops or frame.index != self._run.first + len(self._run.crops):
            self._run, self._known = FaceRun(frame.index), None
        if self._mesh is not None:
            self._known = find_landmarks(frame.source, used.box, self._mesh, self._known)
            self._run.meshes.append(NO_MESH if self._known is None else self._known.points)
        if frame.index % SAMPLED == 0:
            self._run.samples[frame.index] = _sample(frame.image, used, self._known)
        self._run.places.append(used)
        self._run.crops.append(cut_face(frame.image, used, FACE_SIZE))
        if len(self._run.crops) > len(self._best.crops):
            self._best = self._run

    @property
    def run(self) -> FaceRun:
        """The longest run of consecutive frames so far, the first of equals."""
        return self._best


def _sample(image: Image, crop: Crop, landmarks: Landmarks | None) -> FaceSample:
    mouth = mouth_luma(cut_face(image, crop, 2 * NIQE_PATCH)[None])[0]
    return FaceSample(mouth, None if landmarks is None else portrait(image, landmarks.points))
