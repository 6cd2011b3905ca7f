"""Fade generated faces to the source where a generator cannot render them."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from wav2lip.faces.face_mask import FaceMask
from wav2lip.faces.landmarks import Landmarks
from wav2lip.faces.occlusion import OcclusionFinder, point_colours
from wav2lip.faces.tracked_frame import TrackedFrame
from wav2lip.utils.sliding import sliding

FADE = 5  # frames from the first that is changed to the full weight
# Frames. What covers a face for a shorter time is a blurred frame or a mesh that slipped, seldom a hand.
LASTING = 3


def _occluded(
    mask: FaceMask, tracked: TrackedFrame, landmarks: Landmarks, find: OcclusionFinder
) -> FaceMask:
    """Mark what something covers."""
    frame = tracked.frame
    visible = landmarks.visible(frame.picture.size)
    colours = point_colours(frame.source, landmarks)
    hidden, covered = find(colours, visible, landmarks.pose)
    where = landmarks.points[hidden, :2] if hidden.any() else None
    return replace(mask, hidden=where, covered=covered)


def _masked(
    frames: Iterable[TrackedFrame], max_yaw: float, occluders: bool
) -> Iterator[TrackedFrame]:
    """Give faces their masks, and mark those that are turned too far or covered.

    A face whose mesh is lost counts as turned or covered if it was when its mesh was last seen.
    """
    last: dict[int, FaceMask] = {}  # by track
    finders: dict[int, OcclusionFinder] = {}
    shot = -1
    for tracked in frames:
        if tracked.shot != shot:
            last, finders, shot = {}, {}, tracked.shot
        faces = []
        for face in tracked.faces:
            landmarks = face.landmarks
            if landmarks is None:
                seen = last.get(face.track, FaceMask())
                mask = FaceMask(turned=seen.turned, covered=seen.occluded)
            else:
                mask = replace(FaceMask.of(landmarks), turned=abs(landmarks.pose.yaw) > max_yaw)
                if occluders:
                    finder = finders.setdefault(face.track, OcclusionFinder())
                    mask = _occluded(mask, tracked, landmarks, finder)
                last[face.track] = mask
            faces.append(replace(face, mask=mask))
        yield replace(tracked, faces=faces)


def _mask(window: list[TrackedFrame], at: int, place: int, track: int) -> FaceMask | None:
    """Return the mask of a track at `window[place]` if that is in the shot of `window[at]`."""
    if not 0 <= place < len(window) or window[place].shot != window[at].shot:
        return None
    return next((face.mask for face in window[place].faces if face.track == track), None)


def _lasts(flags: list[bool]) -> bool:
    """Tell whether the middle of an odd number of flags is in a run of `LASTING` that are set."""
    return any(all(flags[first : first + LASTING]) for first in range(LASTING))


def _lasting(window: list[TrackedFrame], at: int, place: int, track: int) -> FaceMask | None:
    """Return the mask at `window[place]` without what covers the face only briefly."""
    mask = _mask(window, at, place, track)
    if mask is None or not mask.occluded:
        return mask
    near = [_mask(window, at, place + k, track) for k in range(1 - LASTING, LASTING)]
    if _lasts([other is not None and other.occluded for other in near]):
        return mask
    return replace(mask, covered=False, hidden=None)


def _weight(window: list[TrackedFrame], at: int, track: int) -> float:
    """Return the weight of a track at `window[at]`: 0 where it is turned or covered, then up to 1."""
    masks = {k: _lasting(window, at, at + k, track) for k in range(1 - FADE, FADE)}
    away = [abs(k) / FADE for k, mask in masks.items() if mask and (mask.turned or mask.covered)]
    return min(away, default=1.0)


def mask_faces(
    frames: Iterable[TrackedFrame], max_yaw: float, *, occluders: bool = True
) -> Iterator[TrackedFrame]:
    """Give every face the mask by which it is pasted.

    Args:
        frames: with faces, and landmarks where they are known.
        max_yaw: degrees; a face that is turned further gets the weight 0. The weight falls over the
            `FADE` frames before and rises over those after. The same where something covers the mouth.
        occluders: whether to look for what covers the face.

    Yields:
        The frames in order, up to `FADE + LASTING - 2` frames late.
    """
    reach = FADE + LASTING - 2
    for held, at in sliding(_masked(frames, max_yaw, occluders), reach, reach):
        faces = []
        for face in held[at].faces:
            mask = _lasting(held, at, at, face.track)
            if mask is not None:
                mask = replace(mask, weight=_weight(held, at, face.track))
            faces.append(replace(face, mask=mask))
        yield replace(held[at], faces=faces)
