"""Say why the faces of a source cannot be used, and what to do about it."""

import logging
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

import cv2
import numpy as np

from wav2lip.errors import InputError
from wav2lip.faces.detectors import Detector
from wav2lip.faces.landmark_tracking import Mesh, find_landmarks
from wav2lip.faces.mesh import FaceMesh
from wav2lip.faces.orientation import (
    MIN_SURE,
    UPRIGHT,
    is_upside_down,
    quarter_turns,
    turned,
)
from wav2lip.faces.tracked_frame import TrackedFrame
from wav2lip.inference.settings import WHOLE, Settings
from wav2lip.inference.sources import FrameSource
from wav2lip.media.frame import Frame
from wav2lip.types import Image

SEARCH_STEP = 1.0  # seconds between the frames that are searched beyond the used part
MOST_SEARCHED = 600  # of these frames
GAP = 2.5  # seconds; faces that are further apart in time are two stretches
ENLARGED = 3  # times, to find a face that is too small
LARGEST = 2**22  # px; larger pictures are not enlarged
ALIKE = 0.8  # of the larger face's area

log = logging.getLogger(__name__)


def _sideways(turns: int) -> str:
    how = "is upside down" if turns == 2 else "lies on its side"
    cure = "set rotate" if turns == 1 else f"turn the file clockwise by {90 * turns} degrees first"
    return f"the face {how}; {cure}"


def _alike(tracked: TrackedFrame) -> str | None:
    """Describe the choice if the largest face of a frame is hardly larger than another."""
    boxes = tracked.detections[:, :4]
    if len(boxes) < 2 or not tracked.faces:
        return None
    area = np.prod(boxes[:, 2:] - boxes[:, :2], axis=1)
    second, first = np.argsort(area)[-2:]
    if area[second] < ALIKE * area[first]:
        return None
    centres = boxes[[second, first], 0] + boxes[[second, first], 2]
    chosen = tracked.faces[0].box
    off = np.abs(centres - chosen[0] - chosen[2])
    side = "left" if centres[off.argmin()] < centres[off.argmax()] else "right"
    return (
        f"two faces have about the same size at {tracked.frame.time:.2f} s; the {side} one was "
        "taken. Choose with crop or box, or animate both with faces 2"
    )


def check_faces(
    frames: Iterator[TrackedFrame],
    name: object,
    settings: Settings,
    problems: list[str],
    mesh: Mesh | None = None,
) -> Iterator[TrackedFrame]:
    """Check the first face of a run; the frames pass unchanged.

    Args:
        frames: with the faces that are animated.
        name: of the source, for messages.
        settings: of the run.
        problems: receives a line if the largest of several faces was an arbitrary choice.
        mesh: fits upright faces, `FaceMesh` by default.

    Yields:
        The frames.

    Raises:
        InputError: the first face is upside down or lies on its side.
    """
    checked = not settings.finds_faces
    for tracked in frames:
        if tracked.faces and not checked:
            checked = True
            face = tracked.faces[0]
            if face.mask is not None:
                turns = (
                    quarter_turns(tracked.frame.image, face.box, mesh or FaceMesh())
                    if face.mask.outline is None
                    else 2 * is_upside_down(tracked.frame.image, face.box, mesh or FaceMesh())
                )
                if turns:
                    raise InputError(f"{name}: {_sideways(turns)}", settings=("rotate",))
            line = _alike(tracked) if settings.faces == "largest" else None
            if line:
                problems.append(line)
                log.warning("%s: %s", name, line)
        yield tracked


def _stretch(times: list[float]) -> tuple[float, float]:
    """Return the first stretch of sorted times."""
    last = times[0]
    for time in times:
        if time - last > GAP:
            break
        last = time
    return times[0], last


def _seen_later(
    source: FrameSource, settings: Settings, detector: Detector, used: float
) -> list[float]:
    """Return the times after `used` seconds at which there is a face."""
    seen: list[float] = []
    searched, due = 0, used
    for frame in source.forwards([]):
        if searched >= MOST_SEARCHED:
            break
        if frame.time <= due:
            continue
        searched, due = searched + 1, frame.time + SEARCH_STEP - 1e-6
        if len(detector.detect(settings.prepare(frame.picture).bgr())):
            seen.append(frame.time)
        elif seen and frame.time - seen[-1] > GAP:
            break
    return seen


def _best_turn(image: Image, detector: Detector, mesh: Mesh) -> int:
    """Return the quarter turns clockwise that show a face of which the mesh is surest; 0 if none does.

    The detector alone finds faces in clocks and rockets that are upside down.
    """
    best, sure = 0, MIN_SURE
    for turns in (1, 2, 3):
        upright = turned(image, turns)
        for box in detector.detect(upright):
            found = find_landmarks(upright, box[:4], mesh)
            if found is not None and abs(found.pose.roll) < UPRIGHT and found.presence > sure:
                best, sure = turns, found.presence
    return best


def _how_it_lies(name: object, image: Image, detector: Detector, mesh: Mesh) -> InputError | None:
    """Look for a face in an image (H, W, 3) that is small or turned; None if there is none."""
    if image.shape[0] * image.shape[1] * ENLARGED**2 <= LARGEST:
        large = cv2.resize(image, None, fx=ENLARGED, fy=ENLARGED, interpolation=cv2.INTER_CUBIC)
        large = np.asarray(large, np.uint8)
        for box in detector.detect(large):
            found = find_landmarks(large, box[:4], mesh)
            if found is None or abs(found.pose.roll) > UPRIGHT:
                continue
            if is_upside_down(large, box[:4], mesh):
                break
            return InputError(
                f"{name}: no face found; the face is {(box[2] - box[0]) / ENLARGED:.0f} px wide, too small for the "
                "detector; enlarge the file first, or use another detector",
                settings=("detector",),
            )
    turns = _best_turn(image, detector, mesh)
    if not turns:
        return None
    return InputError(f"{name}: no face found; {_sideways(turns)}", settings=("rotate",))


def _outside_the_crop(
    name: object, whole: Settings, frame: Frame, detector: Detector
) -> InputError | None:
    """Look for a face in the whole frame; None if there is none."""
    found = detector.detect(whole.prepare(frame.picture).bgr())
    if not len(found):
        return None
    x0, y0, x1, y1 = (round(float(value)) for value in found[0, :4])
    return InputError(
        f"{name}: no face found in the part that crop leaves; rows {y0} to {y1}, columns {x0} to {x1} show one",
        settings=("crop",),
    )


def no_face(
    source: FrameSource, settings: Settings, detector: Detector | None, frames: int, used: float
) -> InputError:
    """Make the error for a run in which no face was found.

    Args:
        source: the frames.
        settings: of the run.
        detector: found none.
        frames: of the output.
        used: seconds of the source that were used; 0: only the first frame.

    Returns:
        An error that says where there are faces, or how they lie, if that can be found.
    """
    name = source.info.path
    if detector is not None and source.path is not None:
        seen = [] if source.info.is_still else _seen_later(source, settings, detector, used)
        if seen:
            start, stop = _stretch(seen)
            where = f"the {used:.2f} s that are used" if used else "the first frame"
            there = f"from {start:.2f} to {stop:.2f} s" if start < stop else f"at {start:.2f} s"
            return InputError(
                f"{name}: no face found in {where}, but {there}; cut the file so that it begins there"
            )
        for frame in islice(source.forwards([]), 1):
            error = None
            if settings.crop != WHOLE:
                error = _outside_the_crop(name, replace(settings, crop=WHOLE), frame, detector)
            image = settings.prepare(frame.picture).bgr()
            error = error or _how_it_lies(name, image, detector, FaceMesh())
            if error is not None:
                return error
    where = "" if source.info.is_still else f" in {frames} frames"
    if not settings.finds_faces:
        return InputError(
            f"{name}: no face in the box{where}; correct it, or leave it out and the face is searched",
            settings=("box",),
        )
    return InputError(
        f"{name}: no face found{where}; use a picture of a face that looks at the camera, another "
        "detector, or give the place of the face as box",
        settings=("detector", "box"),
    )
