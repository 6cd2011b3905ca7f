import re

import numpy as np

from wav2lip.evaluation.page import page, write_page
from wav2lip.evaluation.result_table import result_table
from wav2lip.evaluation.results import ClipScores, Results, Skipped
from wav2lip.evaluation.scorer import SyncScores
from wav2lip.evaluation.summary import summarise
from wav2lip.evaluation.systems import FROZEN, GENERATED, REAL
from wav2lip.media.image_writer import write_image
from wav2lip.metrics.lse import SyncCurve

SYNC = SyncScores(np.zeros(31), SyncCurve(*[np.zeros(0)] * len(SyncCurve._fields)), 25)
ATTACK = "<script>alert('x')</script>\"&"


def results_of(scores):
    """Results of {clip: C at 0 of the generated video}."""
    results = Results({"label": f"judge {ATTACK}"}, None, {}, warnings=[f"beware {ATTACK}"])
    for clip, value in scores.items():
        for system, shift in ((GENERATED, 0.0), (REAL, 1.0), (FROZEN, -1.0)):
            values = {"lse_c_at_0": value + shift, "ssim": 0.5}
            results.clips.append(ClipScores(clip, system, values, SYNC, clip, [ATTACK]))
    results.skipped.append(Skipped(f"gone {ATTACK}", "everything", f"reason {ATTACK}"))
    return results


def page_of(results, plots=None, videos=None):
    return page(results, result_table(results, summarise(results)), plots or {}, videos or {})


def test_the_worst_clips_come_first_and_warnings_before_everything():
    text = page_of(results_of({"fine": 3.0, "poor": 1.0, "fair#0": 2.0}))
    order = re.findall(r"<h3>([a-z]+)(?:#0)?</h3>", text)
    assert [name for name in order if name in ("fine", "poor", "fair")] == ["poor", "fair", "fine"]
    assert text.index("Warning:") < text.index("<dl>") < text.index("<table>")


def test_names_from_files_are_text_and_nothing_is_requested():
    text = page_of(results_of({ATTACK: 1.0}), {f"plot {ATTACK}": b"png"})
    assert "<script" not in text
    assert text.count("&lt;script&gt;") >= 5
    assert "default-src &#39;none&#39;" in text or "default-src 'none'" in text
    assert re.findall(r"""(?:src|href)=["'](?!data:)""", text) == []
    assert not re.search(r"https?://|url\(|@import", text)


def test_a_clip_shows_its_videos_or_why_there_is_none(tmp_path):
    write_image(tmp_path / "a.png", np.zeros((50, 100, 3), np.uint8))
    videos = {"a": {GENERATED: tmp_path / "a.png", REAL: tmp_path / "gone.mp4"}}
    results = results_of({"a#0": 1.0})  # a face track of the pair a
    text = page_of(results, videos=videos)
    assert text.count("data:image/jpeg;base64,") == 1
    assert "gone.mp4: no such file" in text
    assert "frozen mouth" not in text.split("<section")[1]
    write_page(results, result_table(results, summarise(results)), {}, videos, tmp_path)
    assert (tmp_path / "index.html").read_text("utf-8") == text
