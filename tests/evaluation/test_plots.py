import numpy as np

from wav2lip.evaluation.plots import confidence_by_second, confidence_figure, distance_figure
from wav2lip.evaluation.results import ClipScores, Results
from wav2lip.evaluation.scorer import SyncScores
from wav2lip.evaluation.systems import REAL, VIDEO
from wav2lip.metrics.lse import AV_OFFSETS, SyncCurve


def clip(name, system, confidence, best=2):
    count = len(confidence)
    curve = SyncCurve(
        np.arange(count) + 0.5, np.ones(count), np.array(confidence), np.zeros(count, np.int64)
    )
    distances = np.abs(AV_OFFSETS - best).astype(float)
    return ClipScores(name, system, {}, SyncScores(distances, curve, 9), name)


ROWS = [clip("a", VIDEO, [1.0, 2.0, np.nan]), clip("b", VIDEO, [3.0]), clip("c", VIDEO, [5.0, 4.0])]


def results_of(rows):
    results = Results({"label": "planted"}, None, {})
    results.clips = rows
    return results


def test_every_second_counts_its_clips():
    found = confidence_by_second(ROWS)
    assert found.times.tolist() == [0.5, 1.5]
    assert found.mean.tolist() == [3.0, 3.0]
    assert found.clips.tolist() == [3, 2]
    assert (found.low.tolist(), found.high.tolist()) == ([2.0, 2.5], [4.0, 3.5])


def test_confidence_has_a_band_and_the_number_of_clips():
    upper, lower = confidence_figure(results_of([*ROWS, clip("a", REAL, [1.0])])).axes
    assert len(upper.collections) == 1  # the single real clip has no band
    assert lower.lines[0].get_ydata().tolist() == [3, 2]
    assert upper.get_legend_handles_labels()[1] == [VIDEO, REAL]


def test_the_lowest_distance_is_drawn_at_the_av_offset_of_the_table():
    (axes,) = distance_figure(results_of([clip("a", VIDEO, [1.0], best=-4)])).axes
    line = axes.lines[0]
    assert line.get_xdata()[np.argmin(line.get_ydata())] == -4
    assert axes.get_legend_handles_labels()[1] == ["video (n = 1)"]
