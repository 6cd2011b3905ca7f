import av
import numpy as np
import pytest

from wav2lip.errors import InputError
from wav2lip.media.decoded_frames import decoded_frames


def times_of(path):
    problems: list[str] = []
    found = [(time, index) for _, time, index in decoded_frames(path, problems)]
    assert [index for _, index in found] == list(range(len(found)))
    return [time for time, _ in found], problems


def test_variable_rate_keeps_its_times(make):
    times = [0.0, 0.04, 0.12, 0.13, 0.5, 0.54]
    assert times_of(make.video("vfr.mp4", times)) == (pytest.approx(times, abs=1e-4), [])


def test_time_zero_is_the_first_frame(make, ticks):
    path = make.video("late.mkv", [2.0 + time for time in ticks(5, 25)])
    assert times_of(path) == (pytest.approx(ticks(5, 25), abs=1e-3), [])


def test_interlaced_video_is_a_remark(make, ticks):
    path = make.video("fields.mp4", ticks(5, 25))
    tv = path.with_name("tv.mp4")
    with av.open(str(path)) as source, av.open(str(tv), "w") as output:
        options = {"x264-params": "tff=1:interlaced=1"}
        stream = output.add_stream("libx264", rate=25, options=options)
        stream.width, stream.height = 96, 64
        for frame in source.decode(video=0):
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    assert times_of(path)[1] == []
    assert [line[:23] for line in times_of(tv)[1]] == ["the video is interlaced"]


def test_problems_are_known_after_the_last_frame(make, ticks, tmp_path):
    whole = make.video("whole.mp4", ticks(60, 25), movflags="+faststart", fps=25)
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(whole.read_bytes()[: int(whole.stat().st_size * 0.7)])
    problems: list[str] = []
    frames = decoded_frames(cut, problems)
    next(frames)
    assert problems == []
    assert 5 < len(list(frames)) < 60
    assert any("its header says 2.40 s" in line for line in problems)


def test_a_file_without_video_is_refused(make):
    path = make.wav("sound.wav", np.zeros(1600, np.float32))
    with pytest.raises(InputError, match=r"sound\.wav: has no video track"):
        next(decoded_frames(path, []))
