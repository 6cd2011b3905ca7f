"""The whole chain on clips whose sync is known."""

from itertools import pairwise

import cv2
import numpy as np
import pytest

from wav2lip.evaluation.judge import load_judge
from wav2lip.evaluation.scorer import embed, embed_all, score
from wav2lip.evaluation.segments import FaceSegment, largest_face, read_pcm
from wav2lip.faces.crops import Crop
from wav2lip.faces.detectors import build_detector
from wav2lip.media.pcm import to_pcm
from wav2lip.synthetic.clips import synthesize
from wav2lip.synthetic.face import BOX_HEIGHT

STRANGERS = range(900, 904)


def segment_of(judge, person, seconds=4.0, av_offset=0):
    size = round(judge.clip_view.size / BOX_HEIGHT)
    clip = synthesize(person, seconds, size=size, av_offset=av_offset)
    faces = [
        judge.clip_view(f, Crop.of_box(box)) for f, box in zip(clip.frames, clip.boxes, strict=True)
    ]
    pcm = to_pcm(clip.wav)
    return FaceSegment(0, np.stack(faces), clip.boxes, pcm)


def values(segment, judge):
    return score([embed(segment, judge.judge, "all")], "none").values()


def changed(segment, pictures):
    return FaceSegment(segment.first, np.stack(pictures), segment.boxes, segment.pcm)


@pytest.fixture(scope="module")
def segments(judge):
    return [segment_of(judge, person) for person in STRANGERS]


def means(segments, judge, metric):
    return float(np.mean([values(segment, judge)[metric] for segment in segments]))


def falls(numbers):
    return all(later < earlier for earlier, later in pairwise(numbers))


@pytest.mark.parametrize("offset", range(-10, 11))
def test_planted_offsets_come_back_exactly(judge, offset):
    found = values(segment_of(judge, 900, 5.0, offset), judge)
    assert found["av_offset"] == offset
    assert found["av_offset_fine"] == pytest.approx(offset, abs=0.5)


def test_scores_in_sync_worsen_with_every_added_shift(judge, segments):
    def late(segment, frames):  # the picture by so many frames
        stop = len(segment.pictures) - frames
        return FaceSegment(
            0, segment.pictures[:stop], segment.boxes[:stop], segment.pcm[640 * frames :]
        )

    moved = [[late(segment, frames) for segment in segments] for frames in (0, 1, 2, 4)]
    assert falls([means(each, judge, "lse_c_at_0") for each in moved])
    assert falls([-means(each, judge, "lse_d_at_0") for each in moved])
    # LSE itself looks for the best shift: a constant one leaves it as it is.
    lse_c = [means(each, judge, "lse_c") for each in moved]
    assert max(lse_c) - min(lse_c) < 0.1 * lse_c[0]


def test_scores_worsen_with_blur(judge, segments):
    def blurred(segment, sigma):
        return changed(segment, [cv2.GaussianBlur(p, (0, 0), sigma) for p in segment.pictures])

    versions = [segments, *([blurred(segment, s) for segment in segments] for s in (1.5, 3, 6))]
    assert falls([means(each, judge, "lse_c") for each in versions])


def test_scores_worsen_with_dropped_frames(judge, segments):
    def held(segment, frames):  # each picture stays for so many
        return changed(
            segment, [segment.pictures[k - k % frames] for k in range(len(segment.pictures))]
        )

    versions = [segments, *([held(segment, n) for segment in segments] for n in (4, 8, 16))]
    assert falls([means(each, judge, "lse_c") for each in versions])


def test_scores_worsen_with_somebody_elses_sound(judge, segments):
    others = [*segments[1:], segments[0]]
    swapped = [
        FaceSegment(0, segment.pictures, segment.boxes, other.pcm)
        for segment, other in zip(segments, others, strict=True)
    ]
    assert means(swapped, judge, "lse_c") < 0.5 * means(segments, judge, "lse_c")
    assert means(swapped, judge, "lse_d") > means(segments, judge, "lse_d") + 0.1


@pytest.mark.slow
def test_three_versions_of_one_real_clip_are_5_and_12_frames_apart(shared):
    judge, detector = load_judge(), build_detector("hog")
    names = (
        "clips/R-V-Abhishek_Syncnet_FCN__example.mp4",
        "hard/R-V-Abhishek_Syncnet_FCN__test_offset_5.avi",
        "hard/R-V-Abhishek_Syncnet_FCN__test_offset_12.avi",
    )
    whole, fine = [], []
    for name in names:
        path = shared / "media" / name
        segments = largest_face(path, read_pcm(path), detector, judge.clip_view)
        parts, _ = embed_all(segments, judge.judge, "all")
        found = score(parts, "none").values()
        whole.append(found["av_offset"])
        fine.append(found["av_offset_fine"])
    # Their encoders shift the sound by parts of a frame: by the correlation of the sounds and of the
    # pictures the files are 4.73 and 11.73 frames apart, which whole offsets may show as 4 and 11.
    assert [round(fine[0] - late) for late in fine[1:]] == [5, 12]
    assert fine[0] - fine[1] == pytest.approx(4.73, abs=0.2)
    assert fine[0] - fine[2] == pytest.approx(11.73, abs=0.2)
    assert whole[1] - whole[2] == 7
