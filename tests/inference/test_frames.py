from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from wav2lip.faces.tracked_frame import TrackedFrame
from wav2lip.inference import sources
from wav2lip.inference.frames import Playback, repeat_held
from wav2lip.inference.settings import Settings
from wav2lip.inference.sources import FileSource, ReversedVideo
from wav2lip.media.video import Frame, VideoWriter, probe, read_frames

Film = Callable[..., Path]


def play(path: Path, seconds: float, **settings: Any) -> list[Frame]:
    return list(Playback(FileSource(path), seconds, Settings(**settings)))


def test_a_longer_video_is_cut(film: Film) -> None:
    frames = play(film("long.mp4"), 0.4)
    assert [f.index for f in frames] == list(range(10))
    assert [f.time for f in frames] == pytest.approx([i / 25 for i in range(10)])


def test_a_shorter_video_plays_back_and_forth(film: Film) -> None:
    path = film("short.mp4", frames=4)
    frames = play(path, 0.4)
    assert [f.index for f in frames] == [0, 1, 2, 3, 2, 1, 0, 1, 2, 3]
    assert [f.time for f in frames] == pytest.approx([i / 25 for i in range(10)])
    source = [f.image for f in read_frames(path)]
    for frame in frames:
        np.testing.assert_array_equal(frame.image, source[frame.index])


@pytest.mark.parametrize("seconds", [0.05, 0.5, 1.0, 1.27])
def test_the_count_is_that_of_the_sound_to_half_a_frame(film: Film, seconds: float) -> None:
    fps = Fraction(30000, 1001)
    frames = play(film("ntsc.mp4", frames=7, fps=fps), seconds)
    assert abs(len(frames) / fps - seconds) <= 0.5 / fps
    steps = np.diff([f.time for f in frames])
    np.testing.assert_allclose(steps, 1001 / 30000, atol=1e-5)


def test_a_still_is_repeated_at_the_rate_asked_for(still: Path) -> None:
    frames = play(still, 1.0, fps=30)
    assert len(frames) == 30
    assert frames[29].time == pytest.approx(29 / 30)
    assert frames[29].picture is frames[0].picture


def test_static_shows_the_first_frame_at_the_video_s_rate(film: Film) -> None:
    frames = play(film("twenty.mp4", 9, 20), 0.25, static=True)
    assert [f.index for f in frames] == [0] * 5
    assert frames[1].time == pytest.approx(0.05)


def shown(path: Path, seconds: float, **settings: Any) -> list[Frame]:
    chosen = Settings(**settings)
    frames = Playback(FileSource(path), seconds, chosen)
    tracked = (TrackedFrame(frame, []) for frame in frames)
    return [t.frame for t in repeat_held(tracked, seconds, chosen, probe(path))]


def test_a_slow_video_gets_frames_in_between(film: Film) -> None:
    """One picture a second, 3 s long; the mouth still moves 25 times a second, forwards and back."""
    path = film("photo.mp4", frames=3, fps=1)
    assert Playback(FileSource(path), 4.0, Settings()).rate == 25
    frames = shown(path, 4.0)
    np.testing.assert_allclose([f.time for f in frames], np.arange(100) / 25, atol=1e-6)
    assert [f.index for f in frames] == [0] * 25 + [1] * 25 + [2] * 25 + [1] * 25
    assert len(shown(path, 1.0, fps=30)) == 30


def test_a_picture_that_is_held_is_repeated(film: Film, tmp_path: Path) -> None:
    """25 frames per second with a hold of 1 s after 10 frames, and a dropped frame, which stays."""
    path = tmp_path / "hold.mp4"
    times = [i / 25 for i in range(10)] + [1.36 + i / 25 for i in range(40) if i != 5]
    with VideoWriter(path, 96, 64, Fraction(25)) as writer:
        for number, time in enumerate(times):
            writer.write(np.full((64, 96, 3), number * 4, np.uint8), time)
    frames = shown(path, 2.0)
    steps = np.diff([f.time for f in frames])
    assert sorted(np.round(steps, 3))[-2:] == [0.04, 0.08]
    assert [f.index for f in frames].count(9) == 25


def test_15_frames_per_second_are_kept(film: Film) -> None:
    frames = shown(film("fifteen.mp4", frames=15, fps=15), 1.0)
    assert [f.index for f in frames] == list(range(15))


@pytest.mark.parametrize("seekable", [True, False])
def test_reading_backwards_in_short_runs_gives_the_same_frames(
    film: Film, monkeypatch: pytest.MonkeyPatch, seekable: bool
) -> None:
    path = film("back.mp4", frames=20)
    source = list(read_frames(path))
    monkeypatch.setattr(sources, "HELD_BYTES", 0)
    monkeypatch.setattr(sources, "MIN_HELD", 6)
    if not seekable:
        monkeypatch.setattr(ReversedVideo, "_decode", lambda *_: {})
    frames = list(ReversedVideo(probe(path), [f.time for f in source]))
    assert [f.index for f in frames] == list(range(18, -1, -1))
    for frame in frames:
        assert frame.time == source[frame.index].time
        np.testing.assert_array_equal(frame.image, source[frame.index].image)


def test_only_a_run_is_decoded_at_a_time(film: Film, monkeypatch: pytest.MonkeyPatch) -> None:
    path = film("held.mp4", frames=20)
    monkeypatch.setattr(sources, "HELD_BYTES", 0)
    monkeypatch.setattr(sources, "MIN_HELD", 6)
    held: list[int] = []
    decode = ReversedVideo._decode

    def counted(self: ReversedVideo, start: int, stop: int, earlier: float) -> dict[int, Any]:
        found = decode(self, start, stop, earlier)
        held.append(len(found))
        return found

    monkeypatch.setattr(ReversedVideo, "_decode", counted)
    list(ReversedVideo(probe(path), [f.time for f in read_frames(path)]))
    assert held == [6, 6, 6, 1]
