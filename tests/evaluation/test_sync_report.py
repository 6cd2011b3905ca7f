import numpy as np
import pytest

from wav2lip.errors import InputError
from wav2lip.evaluation.sync_report import SyncReport, check_sync, weak_spans


def test_weak_seconds_that_touch_are_one_span():
    times = np.array([0.5, 1.5, 2.5, 3.5, 5.5])
    confidence = np.array([0.1, 0.9, 0.2, -1.0, 0.3])
    assert weak_spans(times, confidence, 0.4) == [[0, 1], [2, 4], [5, 6]]
    assert weak_spans(times, confidence, 0.0) == [[3, 4]]
    steps = np.array([2.5, 7.5, 12.5, 17.5])
    low = np.array([0.9, 0.9, 0.1, 0.1])
    assert weak_spans(steps, low, 0.5, span=5.0) == [[10, 20]]
    assert weak_spans(steps / 10, low, 0.5, span=0.5) == [[1, 2]]


def test_a_video_is_judged_second_by_second(film, planted, detector):
    found = check_sync(film("talk.mp4", seconds=3.0), planted, detector)
    assert found.av_offset == 2
    assert len(found.seconds) == 3
    assert {second["av_offset"] for second in found.seconds} == {2}
    assert found.weak == []
    assert found.passed is None
    assert found.line() == (
        f"LSE-D {found.lse_d:.3f}, LSE-C {found.lse_c:.3f}, AV offset +2 frames for the whole video, "
        "no second with low confidence (judge: planted 2)"
    )


def test_an_offset_that_fits_no_better_than_others_is_not_believed():
    judge = {"label": "own expert"}
    silent = SyncReport(judge, 1.3, 0.0, 15, None, None)
    assert silent.line() == (
        "LSE-D 1.300, LSE-C 0.000, AV offset +15 frames (meaningless: mouth and sound are unrelated) "
        "(judge: own expert)"
    )
    assert "+15 frames for the whole video" in SyncReport(judge, 1.3, 0.04, 15, None, None).line()


def test_a_threshold_decides(film, planted, detector):
    video = film("talk.mp4", seconds=3.0)
    assert check_sync(video, planted, detector, 1.0).passed is True
    failed = check_sync(video, planted, detector, 100.0)
    assert failed.passed is False
    assert failed.weak == [[0, 3]]
    assert "low confidence at 0-3 s; FAILED: LSE-C is below the required 100" in failed.line()
    assert failed.as_dict()["min_confidence"] == 100


def test_what_cannot_be_judged(film, planted, detector):
    with pytest.raises(InputError, match="too short to judge"):
        check_sync(film("short.mp4", seconds=0.16), planted, detector)


def test_long_videos_are_judged_in_parts(film, planted, detector, monkeypatch):
    whole = check_sync(film("talk.mp4", seconds=3.0), planted, detector)
    monkeypatch.setattr("wav2lip.evaluation.sync_report.SEGMENT_FRAMES", 30)
    parts = check_sync(film("talk.mp4", seconds=3.0), planted, detector)
    assert isinstance(parts, SyncReport)
    assert parts.av_offset == whole.av_offset
    assert parts.remarks == []
