"""Where each face is cut out through a video: at its box, or aligned with the head.

An aligned crop follows points that speech does not move, keeps its size while the head keeps its
distance, and turns with the head. Its place therefore tells next to nothing about the mouth.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from numpy.typing import NDArray

from wav2lip.faces.boxes import box_size, head_to_s3fd
from wav2lip.faces.crops import Crop
from wav2lip.faces.detectors import Detector
from wav2lip.faces.head_pose import mean_face
from wav2lip.faces.landmark_tracking import Mesh
from wav2lip.faces.mesh import FaceMesh
from wav2lip.faces.tracked_frame import TrackedFace, TrackedFrame
from wav2lip.faces.tracking import SMOOTH, STRIDE, track_faces
from wav2lip.media.frame import Frame
from wav2lip.types import Box, CropKind
from wav2lip.utils.sliding import sliding

REACH = 12  # frames before and after over which the size is the median: a second at 25 fps
PLAY = np.log(1.02)  # the size stays as it is until that median differs by 2 %
# The centre lies behind the outer eye corners, in distances between them. Nods go with speech, and a
# point nearer to the axis of nods moves less with them; but the further behind, the less the crop
# follows a face that turns aside. `benchmarks/box_leak.py` measures the former.
DEPTH = 0.15

Head = NDArray[np.float64]  # x and y in px, log of the size in px, cosine and sine of the roll


@dataclass(frozen=True)
class _Shape:
    """The crop of the mean face as seen from the front, in distances between the outer eye corners.

    Attributes:
        width: of the crop.
        height: of the crop.
        down: of its centre below the eye corners.
    """

    width: float
    height: float
    down: float


@cache
def _shape() -> _Shape:
    """Return the shape of aligned crops. For a head that faces the camera it is the convention's box."""
    x0, y0, x1, y1 = (float(v) for v in head_to_s3fd(mean_face().vertices))
    return _Shape(x1 - x0, y1 - y0, (y0 + y1) / 2)


def _measured(face: TrackedFace) -> Head | None:
    """Measure the head by its landmarks; None without them."""
    if face.landmarks is None:
        return None
    pose = face.landmarks.pose
    x, y, _ = pose.place(np.array([[0, _shape().down, DEPTH]], np.float32))[0]
    roll = np.radians(pose.roll)
    return np.array([x, y, np.log(pose.scale), np.cos(roll), np.sin(roll)])


def _of_box(box: Box) -> Head:
    """Take a level head from a box (4,)."""
    x, y = (box[:2] + box[2:4]) / 2
    scale = box_size(box) / np.sqrt(_shape().width * _shape().height)
    return np.array([x, y, np.log(max(scale, 1e-6)), 1.0, 0.0])


Measured = tuple[TrackedFrame, dict[int, Head | None]]  # a frame, and the heads of its tracks


def _heads(window: list[Measured], at: int, track: int) -> tuple[NDArray[np.float64], int]:
    """Collect the heads of a track around `window[at]`, from frames in a row.

    A frame without landmarks takes the head from those around it, or else from its box.

    Returns:
        (N, 5), and the place of `window[at]` among them.
    """
    shot = window[at][0].shot

    def has_track(place: int) -> bool:
        frame, heads = window[place]
        return frame.shot == shot and track in heads

    first = last = at
    while first > 0 and has_track(first - 1):
        first -= 1
    while last + 1 < len(window) and has_track(last + 1):
        last += 1
    found = {place: window[place][1][track] for place in range(first, last + 1)}
    known = [place for place, head in found.items() if head is not None]
    table = np.array([found[place] for place in known])
    rows = []
    for place, head in found.items():
        if head is not None:
            rows.append(head)
        elif known and known[0] < place < known[-1]:
            rows.append(np.array([np.interp(place, known, column) for column in table.T]))
        else:
            box = window[place][0].box_of(track)
            assert box is not None
            rows.append(_of_box(box))
    return np.array(rows), at - first


def align_crops(frames: Iterable[TrackedFrame], smooth: int = SMOOTH) -> Iterator[TrackedFrame]:
    """Align the crop of every face with its head.

    The size is the median over a second, and held while that changes by less than 2 %: a mouth that
    opens does not change it, a head that comes closer does. Centre and roll are averaged over a few
    frames, as many before as after, so that they do not lag.

    Args:
        frames: with landmarks, as `track_faces` with a mesh yields them.
        smooth: frames over which centre and roll are averaged, odd; 1 for no smoothing.

    Yields:
        The frames in order, their faces with `aligned`, `REACH` frames late. A face without landmarks
        within `REACH` frames has a level crop at its box.
    """
    sizes: dict[int, float] = {}  # log of the size by track
    shape, shot = _shape(), -1
    measured = ((frame, {f.track: _measured(f) for f in frame.faces}) for frame in frames)
    for held, at in sliding(measured, REACH, REACH):
        current, _ = held[at]
        if current.shot != shot:
            sizes, shot = {}, current.shot
        aligned = []
        for face in current.faces:
            heads, place = _heads(held, at, face.track)
            usual = float(np.median(heads[:, 2]))
            size = float(np.clip(sizes.get(face.track, usual), usual - PLAY, usual + PLAY))
            sizes[face.track] = size
            half = min(smooth // 2, place, len(heads) - 1 - place)
            x, y, _, cos, sin = heads[place - half : place + half + 1].mean(axis=0)
            scale, roll = float(np.exp(size)), float(np.degrees(np.arctan2(sin, cos)))
            crop = Crop(float(x), float(y), shape.width * scale, shape.height * scale, roll)
            aligned.append(replace(face, aligned=crop))
        yield replace(current, faces=aligned)


def track_crops(
    frames: Iterable[Frame],
    detector: Detector,
    kind: CropKind,
    *,
    stride: int = STRIDE,
    faces: str | int = "largest",
    smooth: int = SMOOTH,
    mesh: Mesh | None = None,
) -> Iterator[TrackedFrame]:
    """Follow the wanted faces through a video and decide where each is cut out.

    Args:
        frames: of one video.
        detector: finds the faces.
        kind: "s3fd": at the box of the published S3FD, level. "aligned": see `align_crops`.
        stride: frames between two detections; no effect on aligned crops, for which the mesh
            follows the faces.
        faces: see `track_faces`.
        smooth: frames over which a crop's place is averaged, odd; 1 for no smoothing.
        mesh: fits the landmarks for aligned crops; `FaceMesh` by default.

    Returns:
        The frames in order. Faces of aligned crops have landmarks.

    Raises:
        InputError: for settings out of range.
    """
    if kind == "s3fd":
        return track_faces(frames, detector, stride=stride, faces=faces, smooth=smooth)
    followed = track_faces(frames, detector, faces=faces, smooth=smooth, mesh=mesh or FaceMesh())
    return align_crops(followed, smooth)
