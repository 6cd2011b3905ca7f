from dataclasses import replace
from types import SimpleNamespace

import pytest

from wav2lip.callbacks.diagnosis import Cause
from wav2lip.data.clip_dataset import Clip
from wav2lip.evaluation.expert_report import ExpertReport, check_minutes
from wav2lip.evaluation.table import Row
from wav2lip.metrics.bootstrap import Interval

CURVE = ((0, 0.49), (150, 0.55), (300, 0.61), (450, 0.59))
NAN = float("nan")


def report(mean=0.8, low=0.77, high=0.83, people=20, **changes: object):
    cells = {
        "pairwise 5 frames": Interval(mean, low, high, 40, 0, people),
        "clip within_1": Interval(0.75, 0.6, 0.9, 36, 4, people),
    }
    causes = [Cause("too few speakers", "4 speakers; use more", 0.6), Cause("silence", "none", 0.1)]
    return replace(ExpertReport(450, 128, CURVE, Row("all", cells), causes), **changes)


def test_take_off_is_the_first_validation_a_tenth_above_chance():
    assert "took off by step 300 (38,400 windows)" in report().take_off
    stuck = report(curve=CURVE[:2]).take_off
    assert stuck == "did not take off in 450 steps: val/pairwise reached 0.55"
    assert "reached 0.50" in report(curve=()).take_off


@pytest.mark.parametrize(
    ("values", "start"),
    [
        ((0.80, 0.77, 0.83), "may train a generator"),
        ((0.80, 0.70, 0.90), "may train a generator, but the validation has too few people (20)"),
        ((0.80, NAN, NAN, 3), "may train a generator, but the validation has too few people (3)"),
        ((0.60, 0.55, 0.65), "should not train a generator yet: 0.60 is below 0.75"),
    ],
)
def test_the_verdict_follows_the_accuracy_and_its_interval(values, start):
    assert report(*values).verdict.startswith(start)


def test_without_a_measured_clip_the_verdict_is_open():
    assert report(row=Row("all", {})).verdict.startswith("unknown whether it may train a generator")


def test_an_expert_of_another_window_trains_no_generator():
    for window in (3, 16):
        assert report(window=window).verdict == (
            "may not train a generator, which needs an expert of 5 frames"
        )


def test_the_text_has_the_measures_and_what_the_data_lacks():
    assert report().text() == (
        "The expert may train a generator.\n"
        "It took off by step 300 (38,400 windows): the first validation with a val/pairwise of 0.60 or more.\n"
        "\n"
        "On the validation clips:\n"
        "  5 frames prefer their own sound to one 5-15 frames off (chance 0.50)   0.80 [0.77, 0.83]\n"
        "  offset within a frame of 31, whole clips of 2 s or more (chance 0.10)  0.75 [0.60, 0.90]\n"
        "\n"
        "The training clips lack:\n"
        "  too few speakers: 4 speakers; use more\n"
    )
    assert "lack nothing obvious" in report(causes=[]).text()


def test_the_page_escapes_and_requests_nothing(tmp_path):
    plot = tmp_path / "curves.png"
    plot.write_bytes(b"png")
    report(causes=[Cause("duplicate clips", "e.g. <b> and c", 1.0)]).write(tmp_path, plot)
    page = (tmp_path / "report.html").read_text()
    assert "duplicate clips: e.g. &lt;b&gt; and c" in page
    assert "data:image/png;base64,cG5n" in page
    assert "http://" not in page
    assert "https://" not in page
    assert "<img" not in report().html(tmp_path / "missing.png")
    assert (tmp_path / "report.txt").read_text().startswith("The expert may train")


def test_minutes_are_counted(tmp_path):
    row = SimpleNamespace(frames=1500, fps=25.0)
    clips = [Clip(tmp_path, row)] * 6
    assert check_minutes(clips).evidence == "6 minutes; use at least 30"
    assert check_minutes(clips).severity == pytest.approx(0.8)
    assert check_minutes(clips * 5).severity == 0
