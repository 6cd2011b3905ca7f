from itertools import islice

import numpy as np
import pytest

from wav2lip.faces.detectors import build_detector
from wav2lip.faces.sparse_detection import detect_sparsely
from wav2lip.faces.tracking import track_faces
from wav2lip.media.colour import BT709
from wav2lip.media.picture import Picture
from wav2lip.media.video import Frame, read_frames

STRIDE = 4
FRAMES = 46  # of each real video
NOBODY = ("no_duration.webm", "video_with_failing_audio.mp4")


class Scripted:
    """Two faces, of which the second moves; records the calls. A frame's first pixel is its number."""

    def __init__(self, step) -> None:
        self.step = step
        self.full, self.redetected, self.shapes = 0, [], set()

    def settings(self):
        return {"detector": "scripted"}

    def boxes(self, image):
        x = 100 + self.step * int(image.flat[0])
        return np.array([[10, 40, 50, 90, 1], [x, 40, x + 40, 90, 1]], np.float32)

    def detect(self, image):
        self.full += 1
        self.shapes.add(image.shape)
        return self.boxes(image)

    def redetect(self, image, known):
        self.redetected.append(len(known))
        self.shapes.add(image.shape)
        found = self.boxes(image)
        return np.stack([found[np.abs(found[:, 0] - box[0]).argmin()] for box in known])


def frames(count):
    for k in range(count):
        image = np.full((120, 300, 3), 60, np.uint8)
        image[0, 0] = k
        yield Frame(image, k / 25, k)


def test_faces_that_keep_still_lie_on_a_line():
    detector = Scripted(step=0.5)
    found = list(detect_sparsely(frames(9), detector, STRIDE))
    assert [item.detections[1, 0] for item in found] == [100 + k / 2 for k in range(9)]
    assert (detector.full, detector.redetected) == (1, [2, 2])


def test_only_the_face_that_moved_is_detected_again():
    detector = Scripted(step=2)
    found = list(detect_sparsely(frames(5), detector, STRIDE))
    assert [item.detections[1, 0] for item in found] == [100, 102, 104, 106, 108]
    assert all(item.detections[0, 0] == 10 for item in found)
    assert (detector.full, detector.redetected) == (1, [2, 1, 1, 1])


@pytest.mark.parametrize("takes", ["luma", "bgr"])
def test_a_detector_may_be_given_luma(takes):
    detector = Scripted(step=0)
    detector.takes = takes
    coded = (Frame(Picture.of(f.image, BT709), f.time, f.index) for f in frames(6))
    list(detect_sparsely(coded, detector, STRIDE))
    assert detector.shapes == {(120, 300) if takes == "luma" else (120, 300, 3)}


@pytest.mark.slow
def test_boxes_are_within_a_twentieth_of_the_per_frame_ones(shared):
    detector = build_detector("hog")
    compared, total = 0, 0
    far: dict[str, float] = {}
    for path in sorted((shared / "media" / "hard").iterdir()):
        if path.suffix == ".csv" or path.name.endswith(NOBODY):
            continue
        shown = list(islice(read_frames(path), FRAMES))
        every = [item.boxes for item in track_faces(shown, detector, stride=1)]
        some = [item.boxes for item in track_faces(shown, detector)]
        total += len(shown)
        for a, b in zip(every, some, strict=True):
            if a and b:
                side = np.sqrt(np.prod(a[0][2:] - a[0][:2]))
                off = float(np.abs(a[0] - b[0]).max() / side)
                far[path.name] = max(far.get(path.name, 0.0), off)
                compared += 1
    assert compared > 0.7 * total > 600
    assert max(far.values()) <= 0.05, far
