"""Give followed faces their landmarks: found once, then followed by the mesh's own points.

Landmarks are smoothed without lag. Looking ahead is limited, so memory does not grow with the video.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Protocol

import numpy as np

from wav2lip.faces.boxes import box_size
from wav2lip.faces.landmarks import Landmarks
from wav2lip.faces.mesh import FaceMesh, Points, Region
from wav2lip.faces.tracked_frame import TrackedFace, TrackedFrame
from wav2lip.media.picture import Picture
from wav2lip.types import Box, Image
from wav2lip.utils.sliding import sliding

MIN_PRESENCE = 0.5  # a mesh below it is not of a face
MAX_ROLL = np.radians(8.0)  # a mesh that was fitted further off is fitted again
MAX_RESIZE = 1.08  # the same for the side of the region
ON_BOX = 0.35  # of the box's size; the mesh's centre may lie that far from the box's centre
# Savitzky and Golay 1964: the parabola through 2 k + 1 frames, at its middle, by k. A sequence that
# is a parabola stays as it is, so nothing lags and no peak is cut.
KERNELS = ((1.0,), (0.0, 1.0, 0.0), (-3 / 35, 12 / 35, 17 / 35, 12 / 35, -3 / 35))
AHEAD = len(KERNELS) - 1  # frames


class Mesh(Protocol):
    """Fit a mesh to the face in a region; see `FaceMesh`."""

    def __call__(self, source: Image | Picture, region: Region) -> tuple[Points, float]: ...


def fit_landmarks(
    source: Image | Picture, region: Region, mesh: Mesh, *, rough: bool = True
) -> Landmarks | None:
    """Fit the mesh in a region, and once more in the region that follows from it.

    Args:
        source: the frame as it was decoded, or as BGR (H, W, 3).
        region: about where the face is.
        mesh: fits it.
        rough: whether the region was derived from a box. One from the mesh of a frame nearby is
            used once, unless the face has turned or come closer.

    Returns:
        The landmarks; None if there is no face.
    """
    points, presence = mesh(source, region)
    if presence < MIN_PRESENCE:
        return None
    better = Region.of_points(points)
    turn = abs((better.roll - region.roll + np.pi) % (2 * np.pi) - np.pi)
    resize = max(better.side, region.side) / min(better.side, region.side)
    if rough or turn > MAX_ROLL or resize > MAX_RESIZE:
        points, presence = mesh(source, better)
    return Landmarks(points, presence) if presence >= MIN_PRESENCE else None


def _on(box: Box, points: Points) -> bool:
    """Return whether a mesh lies on a box (4,)."""
    off = points[:, :2].mean(axis=0) - (box[:2] + box[2:4]) / 2
    return bool(np.abs(off).max() <= ON_BOX * box_size(box))


def find_landmarks(
    source: Image | Picture, box: Box, mesh: Mesh, known: Landmarks | None = None
) -> Landmarks | None:
    """Fit the mesh to a face whose box is known.

    Args:
        source: the frame as it was decoded, or as BGR (H, W, 3).
        box: (4,) in pixels, in the convention of `wav2lip.faces.boxes`.
        mesh: fits it.
        known: landmarks of the same face in the frame before, to follow.

    Returns:
        The landmarks; None if there is no face.
    """
    if known is not None:
        followed = fit_landmarks(source, Region.of_points(known.points), mesh, rough=False)
        if followed is not None and _on(box, followed.points):
            return followed
    found = fit_landmarks(source, Region.of_box(box), mesh)
    return found if found is not None and _on(box, found.points) else None


def _smoothed(window: list[TrackedFrame], at: int, track: int) -> Landmarks | None:
    """Smooth the landmarks of a track at `window[at]` over as many frames before as after."""

    def landmarks(place: int) -> Landmarks | None:
        if not 0 <= place < len(window) or window[place].shot != window[at].shot:
            return None
        return next((f.landmarks for f in window[place].faces if f.track == track), None)

    middle = landmarks(at)
    if middle is None:
        return None
    near = [middle.points]
    for step in range(1, AHEAD + 1):
        before, after = landmarks(at - step), landmarks(at + step)
        if before is None or after is None:
            break
        near = [before.points, *near, after.points]
    kernel = np.array(KERNELS[len(near) // 2], np.float32)
    points = np.tensordot(kernel, np.stack(near), 1)
    return Landmarks(points.astype(np.float32), middle.presence)


def smooth_landmarks(frames: Iterable[TrackedFrame]) -> Iterator[TrackedFrame]:
    """Smooth the landmarks of every face over five frames, without lag.

    Args:
        frames: with landmarks, in order.

    Yields:
        The same frames, `AHEAD` frames late.
    """
    for held, at in sliding(frames, AHEAD, AHEAD):
        faces = [replace(f, landmarks=_smoothed(held, at, f.track)) for f in held[at].faces]
        yield replace(held[at], faces=faces)


def track_landmarks(
    frames: Iterable[TrackedFrame], mesh: Mesh | None = None, *, smooth: bool = True
) -> Iterator[TrackedFrame]:
    """Add landmarks to faces whose boxes are known.

    The mesh is fitted to every frame. Each face is followed by its own points, and found anew by its
    box at a cut, or where the mesh sees no face or leaves the box. Where the boxes are not known yet,
    `track_faces` with a mesh finds both at once.

    Args:
        frames: with faces, as `track_faces` yields them.
        mesh: fits the mesh; `FaceMesh` by default.
        smooth: whether to smooth over five frames, without lag.

    Returns:
        The frames in order, up to `AHEAD` frames late, their faces with landmarks. A face on which
        the mesh cannot be fitted has none.
    """
    fit = mesh or FaceMesh()

    def fitted() -> Iterator[TrackedFrame]:
        known: dict[int, Landmarks] = {}
        shot = -1
        for tracked in frames:
            if tracked.shot != shot:
                known, shot = {}, tracked.shot
            source, found = tracked.frame.source, list[TrackedFace]()
            for face in tracked.faces:
                landmarks = find_landmarks(source, face.box, fit, known.get(face.track))
                found.append(replace(face, landmarks=landmarks))
            known = {f.track: f.landmarks for f in found if f.landmarks is not None}
            yield replace(tracked, faces=found)

    return smooth_landmarks(fitted()) if smooth else fitted()
