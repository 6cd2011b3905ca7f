from fractions import Fraction

import numpy as np

from wav2lip.media.alignment import (
    coinciding_step,
    column_count,
    column_seconds,
    frame_count,
    frame_times,
    mel_start,
    mel_windows,
    sample_motion,
    spanned_frames,
)


def test_a_window_starts_at_80_columns_a_second_whatever_the_rate():
    assert [mel_start(frame / 25) for frame in range(5)] == [0, 3, 6, 9, 12]
    assert [mel_start(float(t)) for t in frame_times(4, Fraction(30000, 1001))] == [0, 2, 5, 8]
    assert mel_start(0.05) == 4
    assert mel_start(-0.04) == -4


def test_the_published_start_holds_at_25_fps_for_an_hour():
    times = frame_times(90_000, 25)
    published = [80 * frame // 25 for frame in range(90_000)]
    assert [mel_start(time) for time in times.tolist()] == published


def test_frames_columns_and_seconds():
    assert (column_count(1.0), column_count(0.506)) == (80, 40)
    assert column_seconds(120) == 1.5
    assert (frame_count(80, 25), frame_count(79, 25), frame_count(16, 25)) == (25, 24, 5)
    assert (spanned_frames(16, 25), spanned_frames(17, 25)) == (5, 6)
    assert [coinciding_step(fps) for fps in (25, 30, 50, 24)] == [5, 3, 5, 3]


def test_windows_outside_the_sound_are_silence():
    mel = np.arange(80 * 20, dtype=np.float32).reshape(80, 20)
    windows = mel_windows(mel, [-0.04, 0.0, 0.1, 9.0])
    assert windows.shape == (4, 80, 16)
    assert windows.dtype == np.float32
    assert (windows[0, :, :4] == -4).all()
    np.testing.assert_array_equal(windows[0, :, 4:], mel[:, :12])
    np.testing.assert_array_equal(windows[1], mel[:, :16])
    np.testing.assert_array_equal(windows[2, :, :12], mel[:, 8:])
    assert (windows[2, :, 12:] == -4).all()
    assert (windows[3] == -4).all()


def test_motion_is_linear_between_its_steps_and_still_beyond_them():
    motion = np.array([[0.0, 4.0, 8.0], [1.0, 1.0, 3.0]])  # at columns 0.5, 2.5, 4.5
    times = [0, 0.5 / 80, 1 / 80, 2.5 / 80, 3.5 / 80, 4.5 / 80, 1]
    sampled = sample_motion(motion, times)
    assert sampled.dtype == np.float32
    assert sampled[:, 0].tolist() == [0, 0, 1, 4, 6, 8, 8]
    assert sampled[:, 1].tolist() == [1, 1, 1, 1, 2, 3, 3]
    assert sample_motion(motion[:, :1], times).tolist() == [[0, 1]] * 7
