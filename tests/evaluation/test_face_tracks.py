import numpy as np
import pytest

from wav2lip.errors import InputError
from wav2lip.evaluation.face_crops import CropCollector
from wav2lip.evaluation.face_tracks import Track, find_tracks, join, track_segments
from wav2lip.evaluation.segments import read_pcm
from wav2lip.evaluation.views import TrackView
from wav2lip.synthetic.clips import synthesize, write_synthetic_video


def box(x, y=0.0, side=10.0):
    return np.array([x, y, x + side, y + side, 1.0], np.float32)


def test_boxes_that_overlap_by_half_are_one_track():
    found = [(frame, [box(0.2 * frame), box(40)]) for frame in range(10)]
    found[4] = (4, [box(40)])
    found += [(40, [box(2.0)])]  # back after 30 frames: somebody new
    tracks = list(join(found))
    assert [track.frames for track in tracks] == [
        [0, 1, 2, 3, 5, 6, 7, 8, 9],
        list(range(10)),
        [40],
    ]
    assert not list(join([(0, []), (1, [])]))


def test_gaps_are_bridged_and_single_jumps_filtered():
    frames = [f for f in range(40) if f not in (10, 11, 12)]
    boxes = [box(float(f) if f != 20 else 60.0)[:4] for f in frames]
    filled = Track(frames, boxes).filled()
    assert filled.shape == (40, 4)
    np.testing.assert_allclose(filled[8:32, 0], np.arange(8, 32), atol=1.0)
    np.testing.assert_allclose(filled[8:32, 2] - filled[8:32, 0], 10.0)


def test_a_track_of_a_video_becomes_a_segment(film, detector):
    path = film("track.mp4", seconds=1.2)
    (track,) = find_tracks(path, detector, min_frames=29)
    assert track.frames == list(range(30))
    crops = CropCollector()
    (segment,) = track_segments(path, read_pcm(path), [track], TrackView(), crops)
    assert segment.pictures.shape == (30, 224, 224, 3)
    assert segment.pcm.shape == (30 * 640,)
    assert crops.run.faces.shape == (30, 96, 96, 3)
    np.testing.assert_array_equal(
        np.stack([crop.box for crop in crops.crops.values()]), segment.boxes
    )
    with pytest.raises(
        InputError, match="its longest face track has 30 frames, and more than 30 are required"
    ):
        find_tracks(path, detector, min_frames=30)


def test_a_video_without_a_face(tmp_path, detector):
    clip = synthesize(3, 0.4)
    clip.frames[:] = 0
    write_synthetic_video(tmp_path / "dark.mp4", clip)
    with pytest.raises(InputError, match=r"dark\.mp4: no face in any of its frames"):
        find_tracks(tmp_path / "dark.mp4", detector, min_frames=1)


def test_people_are_numbered_by_place_whoever_is_found_first(film):
    class Two:
        def __init__(self, order) -> None:
            self.order = order

        def settings(self):
            return {"detector": "two"}

        def detect(self, image):
            boxes = [[10, 10, 50, 50, 0.9], [60, 10, 100, 50, 0.8]]
            return np.array([boxes[i] for i in self.order], np.float32)

    path = film("two.mp4", seconds=1.2)
    for order in ((0, 1), (1, 0)):
        tracks = find_tracks(path, Two(order), min_frames=5)
        assert [round(float(track.boxes[0][0])) for track in tracks] == [10, 60]
