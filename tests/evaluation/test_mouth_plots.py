import numpy as np
import pytest

from wav2lip.evaluation.mouth_plots import (
    leak_curve_figure,
    leak_curve_plot,
    mouth_figure,
    mouth_plot,
)
from wav2lip.evaluation.results import ClipScores, MouthSeries, Results
from wav2lip.evaluation.systems import FROZEN, GENERATED, REAL, SILENCE


def test_the_mouths_of_all_videos_stand_above_the_sound():
    series = {
        "real": MouthSeries(5, np.array([0.1, np.nan, 0.3]), np.array([-60.0, 0.0, -20.0])),
        "generated": MouthSeries(5, np.array([0.1, 0.2]), np.zeros(2)),
    }
    figure = mouth_figure("clip", series)
    upper, lower = figure.axes
    assert [line.get_label() for line in upper.lines] == ["real", "generated"]
    assert upper.lines[0].get_xdata().tolist() == pytest.approx([0.2, 0.24, 0.28])
    np.testing.assert_array_equal(upper.lines[0].get_ydata(), series["real"].mar)
    assert lower.get_ylabel() == "level (dB)"


def test_the_leak_curve_is_the_mean_over_clips():
    curves = {
        "ours": np.array([[1.0, 0.5, 0.0], [1.0, 0.0, 0.0]]),
        "one": np.array([1.0, 1.0, 0.0]),
    }
    (axes,) = leak_curve_figure([0.0, 0.25, 0.5], curves, 0.25).axes
    ours, one, threshold = axes.lines
    assert ours.get_ydata().tolist() == [1.0, 0.25, 0.0]
    assert (ours.get_label(), one.get_label()) == ("ours (n = 2)", "one (n = 1)")
    assert threshold.get_xdata() == [0.25, 0.25]
    assert len(axes.collections) == 1  # a single clip has no band


def test_a_clip_without_meshes_has_no_plot():
    mouth = MouthSeries(0, np.array([0.1, 0.5]), np.zeros(2))
    rows = [
        ClipScores("a", system, {}, None, "a", [], given)
        for system, given in ((SILENCE, mouth), (REAL, mouth), (GENERATED, None), (FROZEN, None))
    ]
    assert mouth_plot(rows).startswith(b"\x89PNG")
    assert mouth_plot(rows[2:]) is None
    assert mouth_plot(rows[:1]) is None  # silence says something else
    (axes,) = leak_curve_plot(Results({}, None, {}, clips=rows)).axes
    assert [line.get_label() for line in axes.lines][:2] == ["silence (n = 1)", "real (n = 1)"]
    assert axes.lines[0].get_ydata()[[0, 8, -1]].tolist() == [1.0, 0.5, 0.0]
    assert leak_curve_plot(Results({}, None, {}, clips=rows[1:])) is None
