import numpy as np
import pytest

from wav2lip.evaluation.precision_gate import GateFigures, compare


def figures(lse_c=(0.2, 0.3), opened=20, paused=0.1):
    """Two videos of 100 frames; the first 20 frames of each have an open mouth."""
    series = [(np.arange(100) < opened).astype(float)] * 2
    return GateFigures(list(lse_c), [np.ones(80)] * 2, [np.full(20, paused)] * 2, series)


def test_equal_figures_pass():
    lines, failed = compare(figures(), figures(), "int8")
    assert lines == [
        "LSE-C by bundled:judge: float32 0.250, int8 0.250",
        "LipLeak: float32 0.200 (0.000 to 0.400), int8 0.200",
        "pause motion: float32 0.100 (0.100 to 0.100), int8 0.100",
    ]
    assert failed == []


@pytest.mark.parametrize(
    ("worse", "message"),
    [
        (figures(lse_c=(0.2, 0.27)), "LSE-C falls from 0.250 to 0.235, by more than 0.01"),
        (figures(opened=60), "LipLeak rises from 0.200 to 0.600, above 0.400"),
        (figures(paused=0.12), "pause motion rises from 0.100 to 0.120, above 0.110"),
    ],
)
def test_what_is_worse_is_named(worse, message):
    assert compare(figures(), worse, "int8")[1] == [message]


def test_a_change_within_the_interval_or_for_the_better_passes():
    assert compare(figures(), figures((0.195, 0.29), 40, 0.105), "int8")[1] == []
    assert compare(figures(), figures((0.4, 0.4), 0, 0.0), "int8")[1] == []


def test_videos_without_a_pause_or_a_mesh_say_so():
    bare = GateFigures([0.2])
    lines, failed = compare(bare, bare, "int8")
    assert lines[1:] == [
        "LipLeak: not measured, no video has a face mesh",
        "pause motion: not measured, no video has a pause of 0.6 s",
    ]
    assert failed == []
