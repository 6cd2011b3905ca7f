from pathlib import Path

import numpy as np
import pytest

from wav2lip.faces import FaceMesh, build_detector
from wav2lip.inspection import draw_findings, inspect_video, track_table

DATA = Path(__file__).resolve().parents[2] / "data"


@pytest.fixture(scope="module")
def findings(talking_portrait):
    return inspect_video(talking_portrait, build_detector(), FaceMesh())


def test_faces_shots_and_voice_are_found_at_their_times(findings):
    assert (findings.size, findings.fps, findings.frames) == ((320, 256), 25, 25)
    assert findings.seconds == pytest.approx(1.0)
    assert findings.shots == pytest.approx([0.0, 0.6])
    assert [face.frame for face in findings.faces] == list(range(15))
    assert {(face.shot, face.track) for face in findings.faces} == {(0, 0)}
    first = findings.faces[0]
    assert first.width == pytest.approx(92, abs=6)
    assert first.x == pytest.approx(99, abs=6)
    assert abs(first.roll) < 15
    assert first.visible > 0.9
    assert len(findings.voice) == 32
    assert findings.voice[4:16].min() > 0.5
    (pause,) = findings.pauses
    assert pause[0] == pytest.approx(0.65, abs=0.1)
    assert pause[1] == pytest.approx(1.0, abs=0.05)
    assert findings.problems == []


def test_the_frames_kept_are_evenly_spaced(findings):
    assert [kept.frame for kept in findings.kept] == list(range(0, 25, 2))
    assert findings.kept[0].image.shape == (320, 400, 3)
    (face,) = findings.kept[0].faces
    assert face.box[2] - face.box[0] == pytest.approx(1.25 * findings.faces[0].width, rel=0.01)


def test_the_picture_shows_frames_mesh_and_curves(findings):
    image = draw_findings(findings)
    assert image.shape == (3 * 320 + 6 * 136 + 24, 1600, 3)
    with_face, without = image[:320, :400], image[2 * 320 : 3 * 320, 1200:]
    blue = (220, 120, 0)  # of the first track
    assert (with_face == blue).all(axis=2).sum() > 500
    assert (without == blue).all(axis=2).sum() == 0
    width = image[960:1096]  # the curve of the face's width ends at the cut
    drawn = np.flatnonzero((width[..., 0] > width[..., 2] + 50.0).any(axis=0))
    assert [drawn.min(), drawn.max()] == pytest.approx([70, 70 + 0.56 * 1520], abs=3)
    cut = np.flatnonzero((width[40:] == (40, 40, 40)).all(axis=2).all(axis=0))
    assert cut == pytest.approx([70 + 0.6 * 1520], abs=2)


def test_the_table_has_a_line_per_track(findings, talking_portrait):
    lines = track_table(findings).splitlines()
    assert lines[0] == (
        f"{talking_portrait}: 320x256, 25.00 frames per second, 25 frames, 1.00 s, 2 shots; a face in 15 frames"
    )
    assert lines[1].endswith("1 pauses of 0.3 s or longer")
    assert lines[2].split() == [
        *("track", "shot", "from", "to", "frames", "face", "px"),
        *("yaw", "pitch", "roll", "MAR", "visible"),
    ]
    assert lines[3].split()[:5] == ["0", "0", "0.00", "0.56", "15"]
    assert len(lines) == 4


def test_a_still_has_a_picture_without_curves(tmp_path):
    found = inspect_video(DATA / "astronaut.jpg", build_detector(), FaceMesh())
    assert (found.frames, len(found.faces), found.voice) == (1, 1, None)
    assert draw_findings(found).shape == (400, 1600, 3)
    assert track_table(found).splitlines()[1] == "no sound"
