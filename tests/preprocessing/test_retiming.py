import numpy as np

from wav2lip.media.frame import Frame
from wav2lip.preprocessing.retiming import retime_frames


def frames(times):
    return [Frame(np.full((2, 2, 3), i, np.uint8), t, i) for i, t in enumerate(times)]


def shown(times, fps=25.0):
    return [int(frame.image[0, 0, 0]) for frame in retime_frames(frames(times), fps)]


def test_frames_are_chosen_by_presentation_time():
    assert shown(np.arange(5) / 25) == [0, 1, 2, 3, 4]
    assert shown(np.arange(8) / 50) == [0, 2, 4, 6, 7]
    assert shown(np.arange(3) / 12.5) == [0, 0, 1, 1, 2]
    assert shown([0, 0.04, 0.2, 0.24]) == [0, 1, 1, 1, 1, 2, 3]
    # Matroska rounds to milliseconds: a frame half a millisecond late is still that tick's.
    assert shown([0, 0.0405, 0.0805]) == [0, 1, 2]


def test_retimed_frames_carry_the_tick_as_time_and_index():
    out = list(retime_frames(frames([0, 0.1]), 25.0))
    assert [(f.index, f.time) for f in out] == [(0, 0.0), (1, 0.04), (2, 0.08), (3, 0.12)]


def test_clocks_in_milliseconds_shift_no_frame():
    assert shown(np.round(np.arange(90) / 30, 3), 30) == list(range(90))


def test_no_frames_give_none():
    assert shown([]) == []
