"""Fade generated faces to the source where a generator cannot render them."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from wav2lip.faces.face_mask import FaceMask
from wav2lip.faces.tracked_frame import TrackedFrame
from wav2lip.utils.sliding import sliding

FADE = 5  # frames from the first that is changed to the full weight


def _masked(frames: Iterable[TrackedFrame], max_yaw: float) -> Iterator[TrackedFrame]:
    """Give faces their masks, and mark those that are turned too far.

    A face whose mesh is lost counts as turned if it was when its mesh was last seen.
    """
    turned: dict[int, bool] = {}  # by track
    shot = -1
    for tracked in frames:
        if tracked.shot != shot:
            turned, shot = {}, tracked.shot
        faces = []
        for face in tracked.faces:
            landmarks = face.landmarks
            mask = FaceMask() if landmarks is None else FaceMask.of(landmarks)
            if landmarks is not None:
                turned[face.track] = abs(landmarks.pose.yaw) > max_yaw
            faces.append(replace(face, mask=replace(mask, turned=turned.get(face.track, False))))
        yield replace(tracked, faces=faces)


def _weight(window: list[TrackedFrame], at: int, track: int) -> float:
    """Return the weight of a track at `window[at]`: 0 where it is turned, then up to 1."""
    return min(
        (
            abs(place - at) / FADE
            for place, near in enumerate(window)
            if near.shot == window[at].shot
            for face in near.faces
            if face.track == track and face.mask is not None and face.mask.turned
        ),
        default=1.0,
    )


def mask_faces(frames: Iterable[TrackedFrame], max_yaw: float) -> Iterator[TrackedFrame]:
    """Give every face the mask by which it is pasted.

    Args:
        frames: with faces, and landmarks where they are known.
        max_yaw: degrees; a face that is turned further gets the weight 0. The weight falls over the
            `FADE` frames before and rises over those after.

    Yields:
        The frames in order, up to `FADE` frames late.
    """
    for held, at in sliding(_masked(frames, max_yaw), FADE, FADE):
        faces = []
        for face in held[at].faces:
            weight = min(_weight(held, at, face.track), 1.0)
            mask = None if face.mask is None else replace(face.mask, weight=weight)
            faces.append(replace(face, mask=mask))
        yield replace(held[at], faces=faces)
