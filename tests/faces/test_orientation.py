import numpy as np
import pytest
from numpy.typing import NDArray

from wav2lip.faces.mesh import FaceMesh
from wav2lip.faces.orientation import is_upside_down, quarter_turns, turned

BOX = np.array([120, 57, 211, 185], np.float32)


def test_turns_are_clockwise() -> None:
    image = np.zeros((2, 3, 3), np.uint8)
    image[0, 0] = 9
    assert turned(image, 1).shape == (3, 2, 3)
    assert turned(image, 1)[0, 1].tolist() == [9, 9, 9]
    assert turned(image, 2)[1, 2].tolist() == [9, 9, 9]


@pytest.mark.parametrize("turns", [0, 1, 2, 3])
def test_how_a_face_lies(portrait: NDArray[np.uint8], mesh: FaceMesh, turns: int) -> None:
    x, y = (BOX[:2] + BOX[2:]) / 2
    for _ in range(turns):
        x, y = 320 - y, x
    box = np.array([x - 55, y - 55, x + 55, y + 55], np.float32)
    image = turned(portrait, turns)
    if turns:
        assert quarter_turns(image, box, mesh) == 4 - turns
    if turns in (0, 2):
        assert is_upside_down(image, box, mesh) == (turns == 2)


def test_no_turn_makes_a_face_of_nothing(mesh: FaceMesh) -> None:
    empty = np.full((320, 320, 3), 90, np.uint8)
    assert quarter_turns(empty, BOX, mesh) == 0
    assert not is_upside_down(empty, BOX, mesh)
