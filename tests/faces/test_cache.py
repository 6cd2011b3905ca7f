from pathlib import Path

import numpy as np
import pytest

from wav2lip.faces.cache import CachedDetector
from wav2lip.faces.mesh import FaceMesh, Region
from wav2lip.media.video import read_image


class OneFace:
    """Finds one face, whose left edge is the picture's first value."""

    def __init__(self, version="1") -> None:
        self.calls = 0
        self.version = version

    def settings(self):
        return {"detector": "one", "version": self.version}

    def redetect(self, image, known):
        return self.detect(image) + np.float32(1)

    def detect(self, image):
        self.calls += 1
        count = int(image[0, 0, 1])
        return np.tile(np.array([image[0, 0, 0], 2, 30, 40, 0.5], np.float32), (count, 1))


def picture(value, faces=1):
    return np.full((48, 64, 3), [value, faces, 0], np.uint8)


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "a 'face'.mp4"
    path.write_bytes(b"content")
    return path


def test_a_second_run_does_not_detect(source, tmp_path):
    first, second = OneFace(), OneFace()
    pictures = [picture(3), picture(4, 0), picture(5, 2)]
    with CachedDetector(first, source, tmp_path) as cached:
        seen = [cached.detect(image) for image in pictures]
        assert cached.detections_run == 3
    with CachedDetector(second, source, tmp_path) as cached:
        again = [cached.detect(image) for image in reversed(pictures)][::-1]
        assert cached.detections_run == 0
    assert (first.calls, second.calls) == (3, 0)
    assert [boxes.shape for boxes in again] == [(1, 5), (0, 5), (2, 5)]
    assert all((a == b).all() for a, b in zip(seen, again, strict=True))


def test_redetection_is_cached_by_the_known_boxes(source, tmp_path):
    known = np.ones((1, 5), np.float32)
    for runs in (3, 0):
        with CachedDetector(OneFace(), source, tmp_path) as cached:
            assert cached.detect(picture(3))[0, 0] == 3
            assert cached.redetect(picture(3), known)[0, 0] == 4
            assert cached.redetect(picture(3), known + 1)[0, 0] == 4
            assert cached.detections_run == runs


def test_other_content_or_settings_share_nothing(source, tmp_path):
    with CachedDetector(OneFace(), source, tmp_path) as cached:
        cached.detect(picture(3))
    with CachedDetector(OneFace("2"), source, tmp_path) as cached:
        cached.detect(picture(3))
        assert cached.detections_run == 1
    source.write_bytes(b"other content")
    with CachedDetector(OneFace(), source, tmp_path) as cached:
        cached.detect(picture(3))
        assert cached.detections_run == 1
    assert len(list((tmp_path / "faces").iterdir())) == 3


def test_a_run_cut_short_is_kept(source, tmp_path):
    def interrupted():
        with CachedDetector(OneFace(), source, tmp_path) as cached:
            cached.detect(picture(3))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    with CachedDetector(OneFace(), source, tmp_path) as cached:
        cached.detect(picture(3))
        cached.detect(picture(9))
        assert cached.detections_run == 1


def test_a_damaged_file_is_replaced(source, tmp_path):
    with CachedDetector(OneFace(), source, tmp_path) as cached:
        cached.detect(picture(3))
    cached.path.write_bytes(cached.path.read_bytes()[:40])
    with CachedDetector(OneFace(), source, tmp_path) as cached:
        assert cached.detect(picture(3))[0, 0] == 3
        assert cached.detections_run == 1
    with CachedDetector(OneFace(), source, tmp_path) as cached:
        cached.detect(picture(3))
        assert cached.detections_run == 0


def test_a_folder_that_cannot_be_written_is_no_error(source, tmp_path, caplog):
    (tmp_path / "faces").write_text("a file in the way")
    with CachedDetector(OneFace(), source, tmp_path) as cached:
        assert cached.detect(picture(3)).shape == (1, 5)
    assert "not cached" in caplog.text


def test_the_folder_follows_the_environment(source, monkeypatch, tmp_path):
    monkeypatch.setenv("WAV2LIP_CACHE", str(tmp_path / "elsewhere"))
    assert CachedDetector(OneFace(), source).path.parent == tmp_path / "elsewhere" / "faces"


PORTRAIT = Path(__file__).resolve().parents[2] / "data" / "astronaut.jpg"
HEAD = Region(225.0, 121.0, 162.0, 0.05)


def test_landmarks_are_cached_beside_the_boxes(source, tmp_path):
    portrait, found = read_image(PORTRAIT), []
    with CachedDetector(OneFace(), source, tmp_path) as cached:
        cached.detect(picture(3))
    for fits, detections in ((2, 0), (0, 0)):
        with CachedDetector(OneFace(), source, tmp_path) as cached:
            cached.detect(picture(3))
            found.append(cached.mesh(portrait, HEAD))
            cached.mesh(portrait[::-1], HEAD)
            assert (cached.mesh.fits_run, cached.detections_run) == (fits, detections)
    (first, presence), (again, there) = found
    assert (first == again).all()
    assert there == pytest.approx(presence, abs=1e-6)
    assert np.abs(first - FaceMesh()(portrait, HEAD)[0]).max() < 0.01  # px
    assert len(list((tmp_path / "faces").iterdir())) == 1


def test_a_file_with_landmarks_alone(source, tmp_path):
    for fits in (1, 0):
        with CachedDetector(OneFace(), source, tmp_path) as cached:
            cached.mesh(read_image(PORTRAIT), HEAD)
            assert cached.mesh.fits_run == fits
