"""Runs on the file of the last run take over what it has learned, and change no pixel."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from wav2lip.inference import face_locator
from wav2lip.inference.known_source import KnownSource
from wav2lip.inference.lip_syncer import LipSyncer
from wav2lip.inference.settings import Settings
from wav2lip.synthetic.clips import synthesize, write_synthetic_video

RATE = 16000


def sound(seconds: float, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, 0.1, round(RATE * seconds)).astype(np.float32)


def render(syncer: LipSyncer, face: Path, seconds: float, seed: int = 0) -> list[np.ndarray]:
    frames = syncer.frames(face, sound(seconds, seed), sample_rate=RATE, warn_voiceless=False)
    return [frame.image for frame in frames]


@pytest.fixture
def video(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """12 frames."""
    monkeypatch.setenv("WAV2LIP_CACHE", str(tmp_path / "cache"))
    write_synthetic_video(tmp_path / "a.mp4", synthesize(3, 0.48))
    return tmp_path / "a.mp4"


@pytest.fixture
def passes(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """One entry per pass in which faces are followed."""
    found: list[int] = []
    track_crops = face_locator.track_crops

    def counted(*args: Any, **options: Any) -> Any:
        found.append(1)
        return track_crops(*args, **options)

    monkeypatch.setattr(face_locator, "track_crops", counted)
    return found


def make() -> LipSyncer:
    return LipSyncer.from_checkpoint("default", "cpu", Settings(mute_pauses=False, detector="hog"))


def test_the_same_frames_are_followed_once(video: Path, passes: list[int]) -> None:
    syncer = make()
    first = render(syncer, video, 0.3)
    assert len(passes) == 2  # the people are learned, then the frames are rendered
    again = render(syncer, video, 0.3)
    assert len(passes) == 2
    other = render(syncer, video, 0.295, seed=1)  # another sound, as many frames
    assert len(passes) == 2
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    fresh = render(make(), video, 0.295, seed=1)
    assert all(np.array_equal(a, b) for a, b in zip(other, fresh, strict=True))


def test_more_or_fewer_frames_or_another_file_are_followed_anew(
    video: Path, passes: list[int], tmp_path: Path
) -> None:
    syncer = make()
    for seconds in (0.3, 0.38, 0.22):
        render(syncer, video, seconds)
    assert len(passes) == 4  # the people are learned once
    render(syncer, video, 0.9)  # all frames, back and forth
    render(syncer, video, 0.7)
    assert len(passes) == 5
    write_synthetic_video(video, synthesize(4, 0.48))  # another video of the same name
    render(syncer, video, 0.7)
    assert len(passes) == 6  # the people are learned from all frames that are rendered


def test_faces_found_while_people_are_learned_are_those_of_the_run(
    video: Path, passes: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    once = render(make(), video, 0.6)
    assert len(passes) == 1
    monkeypatch.setattr(KnownSource, "locator", lambda self, playback: None)
    twice = render(make(), video, 0.6)
    assert len(passes) == 3
    assert all(np.array_equal(a, b) for a, b in zip(once, twice, strict=True))


def test_a_run_that_is_given_up_leaves_nothing(video: Path, passes: list[int]) -> None:
    syncer = make()
    frames = syncer.frames(video, sound(0.4), sample_rate=RATE, warn_voiceless=False)
    next(frames)
    frames.close()
    render(syncer, video, 0.4)
    assert len(passes) == 3
