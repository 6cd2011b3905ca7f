import math

import numpy as np

from wav2lip.evaluation.face_crops import CropCollector, longest_run
from wav2lip.evaluation.quality import generated_metrics
from wav2lip.evaluation.segments import frames_at_25, largest_face, read_pcm
from wav2lip.evaluation.views import FaceView
from wav2lip.faces.crops import Crop


def test_the_longest_run_of_crops():
    crops = {frame: Crop(0, 0, 9, 9) for frame in (0, 1, 5, 6, 7, 9)}
    assert list(longest_run(crops)) == [5, 6, 7]


def test_both_videos_are_cut_at_the_same_crops(film):
    path = film("track.mp4", seconds=1.2)
    crops = {frame: Crop.of_box([40, 36, 120, 130]) for frame in range(4, 24)}
    one, other = CropCollector(crops), CropCollector(crops)
    for frame in frames_at_25(path):
        one.add(frame, None)
        if frame.index < 14:  # a shorter video
            other.add(frame, None)
    assert (one.run.first, one.run.faces.shape) == (4, (20, 96, 96, 3))
    assert (other.run.first, other.run.faces.shape) == (4, (10, 96, 96, 3))
    assert generated_metrics(other.run, one.run, read_pcm(path), True)["psnr"] == math.inf


def test_faces_at_given_crops(broken):
    whole = Crop.of_box([0, 0, 160, 160])
    crops = CropCollector({3: whole, 20: whole, 21: whole, 99: whole})
    for frame in frames_at_25(broken):
        crops.add(frame, None)
    assert list(crops.crops) == [3, 20, 21]
    assert (crops.run.first, crops.run.faces.shape) == (20, (2, 96, 96, 3))
    assert crops.run.faces.mean() < 50


def test_crops_of_the_longest_appearance_of_the_face(broken, detector):
    crops = CropCollector()
    pcm = read_pcm(broken)
    segments = list(largest_face(broken, pcm, detector, FaceView(96), crops=crops))
    assert list(crops.crops) == [*range(15), *range(30, 40)]
    assert crops.run.first == 0
    np.testing.assert_array_equal(crops.run.faces, segments[0].pictures)
    assert CropCollector().run.faces.shape == (0, 96, 96, 3)
