import numpy as np
import pytest
import torch

from wav2lip.errors import InputError
from wav2lip.evaluation.scorer import EmbeddedSegment, delayed, embed, embed_all, frozen, score
from wav2lip.evaluation.segments import FaceSegment
from wav2lip.metrics import sync_distances


def segment(frames, first=0, samples=None):
    rng = np.random.default_rng(frames)
    pictures = rng.integers(0, 256, (frames, 8, 8, 3), dtype=np.uint8)
    pcm = np.zeros(640 * frames if samples is None else samples, np.int16)
    return FaceSegment(first, pictures, np.zeros((frames, 4), np.float32), pcm)


class Still:
    """Lips are the mean picture of each window: a frozen mouth has one value."""

    label = "still"

    def embed(self, frames, pcm, count):
        lips = torch.tensor([frames[w : w + 5].mean() for w in range(count)]).float()
        return torch.zeros(count, 2), lips[:, None].repeat(1, 2)


def test_one_segment_is_scored_as_the_metric_scores_it(planted):
    for windows, padding in (("published", "zeros"), ("all", "none")):
        whole = segment(60)
        found = score([embed(whole, planted.judge, windows)], padding)
        expected = sync_distances(whole.pictures, whole.pcm, planted.judge, windows, padding)
        np.testing.assert_array_equal(found.distances, expected)
    values = found.values()
    assert values["av_offset"] == 2
    assert values["lse_d"] == pytest.approx(expected.min())
    assert values["lse_d_at_0"] == pytest.approx(expected[15])
    assert values["lse_c_at_0"] == pytest.approx(np.median(expected) - expected[15])


def test_segments_of_one_clip_share_their_windows_and_keep_their_times(planted):
    parts, short = embed_all([segment(30), segment(4, 40), segment(35, 50)], planted.judge, "all")
    assert len(parts) == 2
    assert short == [
        "not scored, frames 40-43: 4 frames with 0.16 s of sound are too short to judge:"
        " give 5 frames (0.20 s) of both or more"
    ]
    found = score(parts, "none")
    assert found.windows == 26 + 31
    assert found.values()["av_offset"] == 2
    # Windows of the second segment start at 2 s: seconds 0, 1, 2, 3 hold middles.
    assert np.floor(found.curve.times).tolist() == [0, 1, 2, 3]


def test_many_short_segments_have_one_remark(planted):
    given = [segment(1, 3), segment(30, 4), segment(4, 40), segment(2, 44), segment(35, 50)]
    parts, short = embed_all(given, planted.judge, "all")
    assert len(parts) == 2
    assert short == [
        "not scored, frames 3, 40-45: a face must be seen for 5 frames without a break"
    ]


def test_the_late_control_moves_the_offset_and_nothing_else(planted):
    part = embed(segment(60), planted.judge, "all")
    before, after = (score(parts, "none").values() for parts in ([part], delayed([part])))
    assert (before["av_offset"], after["av_offset"]) == (2, -3)
    assert after["lse_d"] == pytest.approx(before["lse_d"], abs=1e-4)
    assert after["lse_c_at_0"] < 0.5 * before["lse_c"]
    with pytest.raises(InputError, match="too few for a sound 5 frames late"):
        delayed([windows_of(5), windows_of(3)])


def windows_of(count):
    return EmbeddedSegment(0, torch.zeros(count, 2), torch.zeros(count, 2), torch.zeros(2))


def test_a_part_too_short_for_the_late_control_is_left_out_of_the_clip():
    found = delayed([windows_of(30), windows_of(5), windows_of(6)])
    assert [(part.first, len(part.lips), len(part.audio)) for part in found] == [
        (5, 25, 25),
        (5, 1, 1),
    ]


def test_the_frozen_control_is_the_first_frame_throughout():
    whole = segment(30)
    (part,) = frozen([embed(whole, Still(), "all")])
    assert part.lips.shape == (26, 2)
    assert np.unique(part.lips).tolist() == pytest.approx([whole.pictures[0].mean()])


def test_what_is_too_short_to_judge_is_said(planted):
    with pytest.raises(InputError, match="too short to judge"):
        embed_all([segment(4)], planted.judge)
    with pytest.raises(InputError, match="leave no pair at a shift of 15"):
        score([embed(segment(12), planted.judge, "all")], "none")
