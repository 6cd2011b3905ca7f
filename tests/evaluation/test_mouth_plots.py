import numpy as np
import pytest

from wav2lip.evaluation.mouth_plots import leak_curve_figure, level, mouth_figure


def test_the_level_of_each_frame_is_in_decibels_below_the_loudest():
    pcm = np.repeat(np.array([10_000, 1_000, 0, 1], np.int16), 640)
    assert level(pcm) == pytest.approx([0, -20, -60, -60])
    assert level(np.zeros(1300, np.int16)).tolist() == [-60, -60]
    assert level(np.zeros(0, np.int16)).shape == (0,)


def test_the_mouths_of_all_videos_stand_above_the_sound():
    series = {"real": np.array([0.1, np.nan, 0.3]), "generated": np.array([0.1, 0.2])}
    figure = mouth_figure("clip", series, np.zeros(1920, np.int16))
    upper, lower = figure.axes
    assert [line.get_label() for line in upper.lines] == ["real", "generated"]
    assert upper.lines[0].get_xdata().tolist() == [0, 0.04, 0.08]
    np.testing.assert_array_equal(upper.lines[0].get_ydata(), series["real"])
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
