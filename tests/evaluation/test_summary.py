import io
import math

import numpy as np
import pytest
from rich.console import Console

from wav2lip.evaluation.result_table import result_table
from wav2lip.evaluation.results import ClipScores, Results
from wav2lip.evaluation.scorer import SyncScores
from wav2lip.evaluation.summary import pair_name, summarise
from wav2lip.evaluation.systems import GENERATED, LATE, REAL, SILENCE
from wav2lip.evaluation.terminal import print_results
from wav2lip.metrics.lse import SyncCurve

EMPTY = SyncScores(np.zeros(31), SyncCurve(*[np.zeros(0)] * len(SyncCurve._fields)), 1)


def results_of(values):
    """Results of {system: {clip: {metric: value}}}; the speaker is the first letter of a clip."""
    results = Results({"label": "planted"}, None, {})
    results.clips = [
        ClipScores(clip, system, row, EMPTY, clip[0])
        for system, rows in values.items()
        for clip, row in rows.items()
    ]
    return results


def test_every_row_is_over_the_clips_that_all_rows_have():
    scores = {"a1": 1.0, "a2": 2.0, "b": 6.0, "c": 9.0}
    results = results_of(
        {
            GENERATED: {clip: {"lse_d": value} for clip, value in scores.items() if clip != "c"},
            REAL: {clip: {"lse_d": value + 1} for clip, value in scores.items()},
            LATE: {clip: {"lse_d": math.nan if clip == "b" else 0.0} for clip in scores},
        }
    )
    summary = summarise(results)
    assert summary.left_out == {"lse_d": ["b", "c"]}
    assert summary.metrics_without() == {("b", "c"): ["lse_d"]}
    found = {system: row["lse_d"] for system, row in summary.means.items()}
    assert [found[s].mean for s in (GENERATED, REAL, LATE)] == [1.5, 2.5, 0.0]
    assert [found[s].missing for s in (GENERATED, REAL, LATE)] == [1, 2, 2]
    assert {interval.clips for interval in found.values()} == {2}
    assert {interval.speakers for interval in found.values()} == {1}
    difference = summary.differences[GENERATED]["lse_d"]
    assert (difference.interval.mean, difference.interval.clips) == (-1.0, 2)  # the same ones
    assert difference.interval.values == (-1.0,)


def test_a_system_without_any_value_leaves_the_others_their_clips():
    rows = {f"{name}": {"psnr": 30.0, "lse_d": 1.0} for name in "abcdefgh"}
    real = {name: {"lse_d": 0.0} for name in rows}
    summary = summarise(results_of({GENERATED: rows, REAL: real}))
    assert not summary.left_out
    assert summary.means[GENERATED]["psnr"][:6] == (30.0, 30.0, 30.0, 8, 0, 8)
    assert "psnr" not in summary.means[REAL]
    assert list(summary.differences[GENERATED]) == ["lse_d"]
    assert summary.differences[GENERATED]["lse_d"].p == pytest.approx(2 / 2**8)


def test_a_copy_has_no_mean_psnr_but_its_other_means():
    rows = {"a": {"psnr": math.inf, "ssim": 1.0}, "b": {"psnr": 30.0, "ssim": 0.5}}
    summary = summarise(results_of({GENERATED: rows}))
    assert (summary.means[GENERATED]["psnr"].mean, summary.means[GENERATED]["psnr"].missing) == (
        30,
        1,
    )
    assert summary.means[GENERATED]["ssim"].mean == 0.75


def test_the_table_names_what_is_left_out_and_lists_few_speakers():
    rows = {"a": {"lse_d": 1.0}, "b": {"lse_d": 2.0}, "c": {"lse_d": math.nan}}
    real = {name: {"lse_d": 3.0} for name in rows}
    results = results_of({GENERATED: rows, REAL: real})
    file = io.StringIO()
    print_results(results, result_table(results, summarise(results)), Console(file=file))
    text = file.getvalue()
    assert "left out of LSE-D: 1 clip without a value in some row (c)" in text
    assert "left_out.csv lists all that is left out" in text
    assert "1.500" in text
    assert "(2.000)" in text
    assert "generated − real" in text
    assert "…" not in text  # no interval


def test_every_row_has_its_own_differences_to_the_real_videos():
    rows = {
        system: {clip: {"lse_d": value} for clip in "ab"}
        for system, value in ((GENERATED, 1.5), (SILENCE, 4.0), (REAL, 1.0), (LATE, 9.0))
    }
    summary = summarise(results_of(rows))
    found = {system: cells["lse_d"].interval.mean for system, cells in summary.differences.items()}
    assert found == {GENERATED: 0.5, SILENCE: 3.0}
    results = results_of(rows)
    table = result_table(results, summary)
    of_row = {row.name: row.differences for row in table.rows}
    assert of_row[SILENCE]["lse_d"].interval.mean == 3.0
    assert of_row[REAL] == of_row[LATE] == {}


def test_rows_of_face_tracks_are_counted_by_their_pair():
    assert [pair_name(name) for name in ("p0#1", "p#0#12", "p0", "a#b")] == [
        "p0",
        "p#0",
        "p0",
        "a#b",
    ]
