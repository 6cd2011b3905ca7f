from collections.abc import Iterator

import cv2
import numpy as np
import pytest
from rendered_head import SIZE, head_pose

from wav2lip.errors import InputError
from wav2lip.faces.head_pose import mean_face
from wav2lip.inference.face_locator import FaceLocator
from wav2lip.inference.settings import Settings
from wav2lip.media.colour import BT709
from wav2lip.media.picture import Picture
from wav2lip.media.video import Frame
from wav2lip.regions import INNER_LOWER, INNER_UPPER


class Counting:
    """Finds one face where the frame is bright."""

    def __init__(self) -> None:
        self.detections_run = 0

    def detect(self, image: np.ndarray) -> np.ndarray:
        self.detections_run += 1
        found = [[20, 10, 40, 36, 1]] if image.mean() > 50 else []
        return np.array(found, np.float32).reshape(-1, 5)

    def redetect(self, image: np.ndarray, known: np.ndarray) -> np.ndarray:
        return self.detect(image)

    def settings(self) -> dict[str, str]:
        return {"detector": "counting"}


def frames(order: list[int], dark: set[int] = frozenset()) -> Iterator[Frame]:
    for n, index in enumerate(order):
        level = 10 if index in dark else 100
        yield Frame(Picture.of(np.full((48, 64, 3), level, np.uint8), BT709), n / 25, index)


def test_frames_shown_again_are_not_searched_again() -> None:
    once, twice = Counting(), Counting()
    list(FaceLocator(once, Settings())(frames([0, 1, 2, 3])))
    located = list(FaceLocator(twice, Settings())(frames([0, 1, 2, 3, 2, 1, 0, 1, 2])))
    assert twice.detections_run == once.detections_run
    assert [item.frame.index for item in located] == [0, 1, 2, 3, 2, 1, 0, 1, 2]
    for item in located:
        assert item.boxes[0].tolist() == [20, 10, 40, 46]  # --pads 0 10 0 0


def test_a_still_is_searched_once() -> None:
    detector = Counting()
    located = list(FaceLocator(detector, Settings())(frames([0] * 30)))
    assert (detector.detections_run, len(located)) == (1, 30)
    assert all(len(item.boxes) == 1 for item in located)


def test_a_frame_without_a_face_has_no_box() -> None:
    order = list(range(60))
    located = list(FaceLocator(Counting(), Settings())(frames(order, dark=set(range(20, 50)))))
    assert [item.frame.index for item in located if not item.boxes] == list(range(20, 50))


def test_a_box_from_the_settings_is_taken_as_it_is() -> None:
    settings = Settings(box=(1, 30, 2, 40))
    located = list(FaceLocator(None, settings)(frames([0, 1])))
    assert [item.boxes[0].tolist() for item in located] == [[2, 1, 40, 30]] * 2
    with pytest.raises(InputError, match="is 64 wide and 48 high"):
        list(FaceLocator(None, Settings(box=(1, 49, 2, 40)))(frames([0])))


@pytest.mark.parametrize("still", [True, False])
def test_the_line_between_the_lips_is_found_in_stills(still: bool) -> None:
    shape = mean_face().vertices.copy()
    shape[list(INNER_LOWER)] = shape[list(INNER_UPPER)]
    points = head_pose().place(shape)
    image = np.full((SIZE, SIZE, 3), (120, 140, 200), np.uint8)
    line = np.rint(points[list(INNER_UPPER), :2] + (0, 3)).astype(np.int32)
    cv2.polylines(image, [line], False, (25, 25, 60), 2)
    settings = Settings(box=(100, 400, 120, 360))
    locate = FaceLocator(
        None, settings, "s3fd", lambda source, region: (points, 1.0), landmarks=True, still=still
    )
    located = list(locate(Frame(Picture.of(image, BT709), n / 25, 0) for n in range(3)))
    assert len(located) == 3
    for item in located:
        moved = item.faces[0].landmarks.points[13, 1] - points[13, 1]
        assert moved == pytest.approx(3 if still else 0, abs=1.2)
