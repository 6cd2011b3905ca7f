import pytest

from wav2lip.personalization.decision import MotionVerdict
from wav2lip.personalization.motion_scores import MotionScores
from wav2lip.personalization.mouth_fit import MouthFit, MouthScores
from wav2lip.personalization.verdict import Verdict

BEFORE = MotionScores(0.5, 0.4, 0.3, 0.7, 0.8, 0.35, 0.05, 0.1)
AFTER = MotionScores(0.6, 0.5, 0.4, 1.0, 0.9, 0.45, 0.02, 0.08)
MOUTH = MouthFit(MouthScores(0.05, 0.9), MouthScores(0.045, 0.95), 0.06)


def make(motion: tuple[str, ...] = (), mouth: tuple[str, ...] = ()) -> Verdict:
    return Verdict(
        ["me & you.mp4"],
        48.0,
        12.0,
        MotionVerdict(BEFORE, AFTER, 0.97, motion),
        MOUTH,
        mouth,
        ["closed lips"],
        ["b.mp4: no face"],
    )


@pytest.mark.parametrize(
    ("motion", "mouth", "line"),
    [
        ((), (), "go: the motion and the inside of the mouth are better"),
        (
            (),
            ("blurred",),
            "go: the motion is better; the inside of the mouth stays that of the default",
        ),
        (
            ("worse",),
            (),
            "go: the inside of the mouth is better; the motion stays that of the default",
        ),
        (
            ("worse",),
            ("blurred",),
            "keep the default: nothing is surely better, so no file is written",
        ),
    ],
)
def test_each_part_is_taken_by_itself(motion, mouth, line):
    verdict = make(motion, mouth)
    assert verdict.line == line
    assert verdict.go == (line[:2] == "go")
    assert verdict.reasons == [*motion, *mouth]


def test_the_text_has_a_line_per_measure():
    lines = make(("worse",)).text().splitlines()
    assert lines[0] == "tuned on 48 s of me & you.mp4; 12 s held out"
    assert lines[2] == "opening: correlation with the true one (1)            0.50    0.60"
    assert "inside of the mouth: L1 (0)                         0.0500  0.0450" in lines
    assert lines[-4:] == [
        "worse",
        "left out: b.mp4: no face",
        "film next: closed lips",
        "go: the inside of the mouth is better; the motion stays that of the default",
    ]


def test_the_page_is_one_file_that_requests_nothing():
    page = make(mouth=("blurred",)).html()
    assert "me &amp; you.mp4" in page
    assert "<td>0.50</td><td>0.60</td>" in page
    assert "<li>closed lips</li>" in page
    assert "<li>blurred</li>" in page
    assert "http" not in page.replace("http-equiv", "")
    assert "Nothing is missing" not in page
