from itertools import islice

import numpy as np
import pytest

from wav2lip.errors import InputError
from wav2lip.faces.tracking import track_faces
from wav2lip.media.video import Frame

H, W = 120, 160


class Scripted:
    """Reads the faces of a frame from a script; the frame's number is in its first pixel."""

    def __init__(self, script) -> None:
        self.script = script
        self.detections_run = []

    def settings(self):
        return {"detector": "scripted"}

    def redetect(self, image, known):
        return self.detect(image)

    def detect(self, image):
        number = int(image[0, 0, 0])
        self.detections_run.append(number)
        return np.array(self.script(number), np.float32).reshape(-1, 5)


def face(x, y=40.0, size=30.0, score=1.0):
    return [x, y, x + size, y + size, score]


def frames(n, grey=lambda k: 60):
    for k in range(n):
        image = np.full((H, W, 3), grey(k), np.uint8)
        image[0, 0, 0] = k
        yield Frame(image, k / 25, k)


def run(n, script, grey=lambda k: 60, **settings: object):
    detector = Scripted(script)
    out = list(track_faces(frames(n, grey), detector, **settings))
    assert [item.frame.index for item in out] == list(range(n))
    return out, detector


def test_a_still_face_is_detected_every_fifth_frame():
    out, detector = run(21, lambda k: [face(50)], stride=5)
    assert detector.detections_run == [0, 5, 10, 15, 20]
    assert all([box.tolist() for box in item.boxes] == [[50, 40, 80, 70]] for item in out)
    assert {item.faces[0].track for item in out} == {0}


def test_strided_boxes_are_those_of_every_frame():
    def nod(k):
        return [face(50 + 12 * np.sin(k / 4), 40 + 6 * np.cos(k / 3), 30 + 3 * np.sin(k / 5))]

    sparse, detector = run(60, nod, stride=5)
    dense, _ = run(60, nod, stride=1)
    off = [np.abs(a.boxes[0] - b.boxes[0]).max() for a, b in zip(sparse, dense, strict=True)]
    assert max(off) < 0.05 * 30
    assert len(detector.detections_run) < 60


def test_cuts_start_a_new_shot_and_boxes_do_not_leak_across():
    out, _ = run(
        20,
        lambda k: [face(20 if k < 11 else 100)],
        grey=lambda k: 60 if k < 11 else 160,
    )
    assert [item.shot for item in out] == [0] * 11 + [1] * 9
    assert [item.boxes[0][0] for item in out] == [20] * 11 + [100] * 9
    assert out[10].faces[0].track != out[11].faces[0].track


def test_never_another_person_within_a_shot():
    def leaves(k):
        rest = [face(110, size=26)]
        return [face(20), *rest] if k < 30 else rest

    out, _ = run(60, leaves)
    assert all(item.boxes[0][0] == 20 for item in out[:30])
    assert all(not item.faces for item in out[30:])


def test_a_face_that_is_found_again_elsewhere_is_followed():
    out, _ = run(90, lambda k: [face(20)] if k < 40 else [] if k < 60 else [face(110)])
    shown = [item.boxes[0][0] if item.faces else None for item in out]
    assert shown == [20.0] * 40 + [None] * 20 + [110.0] * 30


def test_whoever_was_seen_first_does_not_keep_out_who_comes_when_he_is_gone():
    out, _ = run(80, lambda k: [face(20, size=20)] if k < 30 else [face(100, size=40)])
    assert [item.boxes[0][0] for item in out if item.faces][:30] == [20.0] * 30
    assert all(item.boxes[0][0] == 100 for item in out[45:])


def test_the_first_face_is_followed_again_when_it_returns():
    def returns(k):
        return [face(20)] if k < 30 or k >= 80 else [face(110)]

    out, _ = run(110, returns)
    assert out[60].boxes[0][0] == 110
    assert all(item.boxes[0][0] == 20 for item in out[82:])


def test_all_and_some_faces():
    def three(k):
        return [face(10, size=30), face(60, size=24), face(120, size=36)]

    every, _ = run(8, three, faces="all")
    assert [len(item.faces) for item in every] == [3] * 8
    two, _ = run(8, three, faces=2)
    assert {box[0] for item in two for box in item.boxes} == {10.0, 120.0}
    assert len({face.track for item in every for face in item.faces}) == 3


def test_short_gaps_are_bridged_and_long_ones_stay_open():
    def gap(k):
        return [] if 10 <= k < 16 or 30 <= k < 50 else [face(40 + k)]

    out, _ = run(70, gap, stride=1, smooth=1, gap=12)
    shown = [item.boxes[0][0] if item.faces else None for item in out]
    assert shown[10:16] == pytest.approx([50, 51, 52, 53, 54, 55], abs=0.01)
    assert shown[29] == 69
    assert shown[30:50] == [None] * 20


def test_a_flicker_does_not_take_the_place_of_the_face():
    out, _ = run(40, lambda k: [face(90, size=45)] if k < 2 else [face(30)], stride=1)
    assert all(item.boxes[0][0] == 30 for item in out[2:])


def test_boxes_are_averaged_over_five_frames():
    out, _ = run(12, lambda k: [face(50 + (k % 2))], stride=1)
    assert out[4].boxes[0][0] == pytest.approx(50.4)
    assert out[5].boxes[0][0] == pytest.approx(50.6)


def test_a_moving_face_is_not_left_behind_at_the_ends_of_its_track():
    out, _ = run(12, lambda k: [face(50 + 2 * k)], stride=1)
    assert [item.boxes[0][0] for item in out] == pytest.approx([50 + 2 * k for k in range(12)])


def test_only_a_fixed_number_of_frames_is_held():
    taken = []

    def source():
        for frame in frames(200):
            taken.append(frame.index)
            yield frame

    stream = track_faces(source(), Scripted(lambda k: [face(50)]), stride=5, smooth=5, gap=12)
    for item in islice(stream, 100):
        assert taken[-1] - item.frame.index <= 5 + 2 + 12


def test_no_frames():
    assert list(track_faces([], Scripted(lambda k: []))) == []


@pytest.mark.parametrize("faces", ["most", 0, -1, "2"])
def test_a_wrong_choice_of_faces(faces):
    with pytest.raises(InputError, match="give largest, all or a number"):
        list(track_faces([], Scripted(lambda k: []), faces=faces))
