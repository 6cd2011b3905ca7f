import re
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from wav2lip.errors import InputError
from wav2lip.faces.detectors.blazeface import BlazeFaceDetector
from wav2lip.faces.face_mask import FaceMask
from wav2lip.faces.mesh import FaceMesh
from wav2lip.faces.tracked_frame import TrackedFace, TrackedFrame
from wav2lip.inference.face_problems import check_faces, no_face
from wav2lip.inference.settings import Settings
from wav2lip.inference.sources import open_face
from wav2lip.media.frame import Frame

Film = Callable[..., Path]
BOX = np.array([120, 57, 211, 185], np.float32)


def turned(image: NDArray[np.uint8], turns: int) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """Turn the portrait clockwise; its face and box (side 320)."""
    x, y = (BOX[:2] + BOX[2:]) / 2
    for _ in range(turns):
        x, y = 320 - y, x
    box = np.array([x - 55, y - 55, x + 55, y + 55], np.float32)
    return np.ascontiguousarray(np.rot90(image, -turns)), box


def checked(
    image: NDArray[np.uint8], boxes: list[NDArray[np.float32]], mesh: FaceMesh
) -> list[str]:
    """Run the check on one frame whose first face is animated and has no landmarks."""
    rows = np.array([[*box, 1.0] for box in boxes], np.float32)
    faces = [TrackedFace(0, boxes[0], mask=FaceMask())]
    frame = TrackedFrame(Frame(image, 1.5, 0), 0, faces, rows)
    problems: list[str] = []
    assert list(check_faces(iter([frame]), "a.mp4", Settings(), problems, mesh)) == [frame]
    return problems


@pytest.mark.parametrize(
    ("turns", "message"),
    [
        (1, "a.mp4: the face lies on its side; turn the file clockwise by 270 degrees first"),
        (2, "a.mp4: the face is upside down; turn the file clockwise by 180 degrees first"),
        (3, "a.mp4: the face lies on its side; set rotate"),
    ],
)
def test_a_face_that_lies_is_refused(
    portrait: NDArray[np.uint8], mesh: FaceMesh, turns: int, message: str
) -> None:
    image, box = turned(portrait, turns)
    with pytest.raises(InputError) as caught:
        checked(image, [box], mesh)
    assert str(caught.value) == message


def test_faces_of_about_the_same_size_are_remarked(
    portrait: NDArray[np.uint8], mesh: FaceMesh
) -> None:
    right = BOX + np.array([100, 0, 100, 0], np.float32)
    assert checked(portrait, [BOX, right], mesh) == [
        "two faces have about the same size at 1.50 s; the left one was taken. Choose with crop or "
        "box, or animate both with faces 2"
    ]
    assert "the right one" in checked(portrait, [right, BOX], mesh)[0]
    half = BOX.copy()
    half[2:] -= (BOX[2:] - BOX[:2]) / 2
    assert checked(portrait, [BOX, half], mesh) == []


class Bright:
    """Finds a face in bright pictures whose upper left corner is dark."""

    def detect(self, image: NDArray[np.uint8]) -> NDArray[np.float32]:
        there = image.mean() > 100 and image[0, 0].mean() < 50
        return np.array([[2, 2, 9, 9, 1]] if there else [], np.float32).reshape(-1, 5)


def test_faces_elsewhere_in_the_file(film: Film) -> None:
    source = open_face(film("later.mp4", 100, keep=lambda i: i >= 50))

    class Detector:
        def detect(self, image: NDArray[np.uint8]) -> NDArray[np.float32]:
            there = image[40:].std() > 10
            return np.array([[2, 2, 9, 9, 1]] if there else [], np.float32).reshape(-1, 5)

    error = no_face(source, Settings(), Detector(), 25, 1.0)
    assert str(error) == (
        f"{source.path}: no face found in the 1.00 s that are used, but from 2.04 to 3.04 s; cut the "
        "file so that it begins there"
    )


def test_a_still_upside_down_and_one_without_a_face(
    portrait: NDArray[np.uint8], tmp_path: Path
) -> None:
    images = {"down": portrait[::-1, ::-1], "side": np.rot90(portrait), "blank": 0 * portrait}
    found = {}
    for name, image in images.items():
        path = tmp_path / f"{name}.png"
        cv2.imwrite(str(path), image)
        found[name] = str(no_face(open_face(path), Settings(), BlazeFaceDetector(), 25, 1.0))
    assert found["down"].endswith(
        "no face found; the face is upside down; turn the file clockwise by 180 degrees first"
    )
    assert found["side"].endswith("no face found; the face lies on its side; set rotate")
    assert "no face found; use a picture of a face that looks at the camera" in found["blank"]


def test_what_is_no_face_is_not_said_to_be_upside_down(tmp_path: Path) -> None:
    """A detector that finds something in the middle of any picture but the upright one."""

    class Eager:
        def detect(self, image: NDArray[np.uint8]) -> NDArray[np.float32]:
            box = [] if image[0, 0, 0] == 200 else [[20, 20, 44, 44, 1]]
            return np.array(box, np.float32).reshape(-1, 5)

    picture = np.random.default_rng(0).integers(0, 199, (64, 64, 3)).astype(np.uint8)
    picture[0, 0] = 200
    cv2.imwrite(str(tmp_path / "a.png"), picture)
    error = str(no_face(open_face(tmp_path / "a.png"), Settings(), Eager(), 25, 1.0))
    assert "no face found; use a picture of a face" in error


def test_a_crop_without_the_face_says_where_one_is(
    portrait: NDArray[np.uint8], tmp_path: Path
) -> None:
    cv2.imwrite(str(tmp_path / "a.png"), portrait)
    settings = Settings(crop=(240, 320, 0, 320))
    error = no_face(open_face(tmp_path / "a.png"), settings, BlazeFaceDetector(), 25, 1.0)
    assert re.search(
        r"no face found in the part that crop leaves; rows \d+ to \d+, columns \d+ to \d+ show one$",
        str(error),
    )


def test_a_face_that_the_mesh_fits_upside_down_is_refused(
    portrait: NDArray[np.uint8], mesh: FaceMesh
) -> None:
    def checked(image: NDArray[np.uint8], box: NDArray[np.float32]) -> None:
        face = TrackedFace(0, box, mask=FaceMask(outline=np.zeros((36, 2), np.float32)))
        frame = TrackedFrame(Frame(image, 0.0, 0), 0, [face], np.append(box, 1)[None])
        list(check_faces(iter([frame]), "a.mp4", Settings(), [], mesh))

    checked(*turned(portrait, 0))
    with pytest.raises(InputError, match="the face is upside down; turn the file clockwise by 180"):
        checked(*turned(portrait, 2))


def test_a_face_that_is_too_small(portrait: NDArray[np.uint8], tmp_path: Path) -> None:
    class Coarse(BlazeFaceDetector):
        def detect(self, image: NDArray[np.uint8]) -> NDArray[np.float32]:
            found = super().detect(image)
            return found[found[:, 2] - found[:, 0] > 60]

    cv2.imwrite(str(tmp_path / "a.png"), cv2.resize(portrait, (120, 120)))
    error = str(no_face(open_face(tmp_path / "a.png"), Settings(), Coarse(), 25, 1.0))
    width = re.search(
        r"the face is (\d+) px wide, too small for the detector; enlarge the file", error
    )
    assert width is not None
    assert 28 <= int(width[1]) <= 45
