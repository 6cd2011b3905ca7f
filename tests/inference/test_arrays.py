"""`LipSyncer` with arrays in place of files."""

import wave
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from wav2lip.errors import InputError
from wav2lip.inference.lip_syncer import LipSyncer
from wav2lip.inference.settings import Settings
from wav2lip.media.pcm import from_pcm
from wav2lip.media.video import read_image

Sound = Callable[[float], Path]


@pytest.fixture
def syncer(checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LipSyncer:
    monkeypatch.setenv("WAV2LIP_CACHE", str(tmp_path / "cache"))
    return LipSyncer.from_checkpoint(checkpoint, "cpu", Settings(detector="hog"))


def samples(path: Path) -> np.ndarray:
    with wave.open(str(path)) as file:
        return from_pcm(np.frombuffer(file.readframes(file.getnframes()), "<i2"))


def images(frames: Any) -> np.ndarray:
    return np.stack([frame.image for frame in frames])


@pytest.mark.parametrize("color", ["bgr", "rgb"])
def test_arrays_give_the_frames_that_files_give(
    syncer: LipSyncer, still: Path, sound: Sound, color: str
) -> None:
    expected = images(syncer.frames(still, sound(0.4)))
    face = read_image(still)
    face = face[..., ::-1] if color == "rgb" else face
    audio = samples(sound(0.4))
    frames = list(syncer.frames(face, audio, color=color, sample_rate=16000))
    np.testing.assert_array_equal(images(frames), expected)
    np.testing.assert_array_equal(frames[3].rgb, frames[3].image[..., ::-1])
    assert len(expected) == 10


def test_audio_of_another_rate_is_resampled(syncer: LipSyncer, still: Path) -> None:
    audio = np.sin(np.arange(26460) / 20) / 3
    assert len(list(syncer.frames(still, audio, sample_rate=44100))) == 15  # of 0.6 s


@pytest.mark.parametrize("stacked", [False, True])
def test_a_sequence_plays_back_and_forth(
    syncer: LipSyncer, face: np.ndarray, sound: Sound, stacked: bool
) -> None:
    shown = [np.roll(face, i, axis=1) for i in range(4)]
    given = np.stack(shown) if stacked else shown
    frames = list(syncer.frames(given, sound(0.4), color="bgr", fps=25))
    assert [frame.time for frame in frames] == pytest.approx([i / 25 for i in range(10)])
    found = [
        int(np.argmin([np.abs(frame.image[:40].astype(int) - s[:40]).mean() for s in shown]))
        for frame in frames
    ]
    assert found == [0, 1, 2, 3, 2, 1, 0, 1, 2, 3]


def test_an_iterator_is_read_once_and_must_be_long_enough(
    syncer: LipSyncer, face: np.ndarray, sound: Sound
) -> None:
    read = []

    def frames(number: int) -> Any:
        for index in range(number):
            read.append(index)
            yield face

    assert len(list(syncer.frames(frames(99), sound(0.4), color="bgr", fps=25))) == 10
    assert len(read) < 99
    assert len(list(syncer.frames(frames(10), sound(0.4), color="bgr", fps=25))) == 10
    with pytest.raises(InputError, match="ends after 9 frames, before the audio"):
        list(syncer.frames(frames(9), sound(0.4), color="bgr", fps=25))
    with pytest.raises(InputError, match="ends after 4 frames, before the audio; pass a list"):
        list(syncer.frames(frames(4), sound(0.4), color="bgr", fps=25))


def test_a_video_is_written_from_arrays(
    syncer: LipSyncer, face: np.ndarray, sound: Sound, tmp_path: Path
) -> None:
    output = tmp_path / "o.mp4"
    report = syncer(face, samples(sound(0.4)), output, color="bgr", sample_rate=16000)
    assert (report.face, report.audio, report.frames) == ("array", "array", 10)
    assert output.is_file()


FACE, AUDIO = np.zeros((64, 64, 3), np.uint8), np.zeros(1600, np.float32)


@pytest.mark.parametrize(
    ("face", "audio", "given", "message"),
    [
        (FACE, AUDIO, {"sample_rate": 16000}, 'color="rgb" or color="bgr"'),
        (FACE, AUDIO, {"color": "gbr", "sample_rate": 16000}, "not 'gbr'"),
        (FACE, AUDIO, {"color": "rgb"}, "give the sample_rate of the array in Hz"),
        (FACE, AUDIO, {"color": "rgb", "fps": 25, "sample_rate": 8000}, "for a still set Settings"),
        ([FACE], AUDIO, {"color": "rgb", "sample_rate": 16000}, "give the frame rate"),
        ([], AUDIO, {"color": "rgb", "fps": 25, "sample_rate": 16000}, "contains no frame"),
        (
            FACE[..., 0],
            AUDIO,
            {"color": "rgb", "fps": 25, "sample_rate": 16000},
            "frame 0: must be",
        ),
        (FACE / 255, AUDIO, {"color": "rgb", "sample_rate": 16000}, "not float64"),
        (FACE, AUDIO[None], {"color": "rgb", "sample_rate": 16000}, "of one channel"),
        (FACE, AUDIO[:0], {"color": "rgb", "sample_rate": 16000}, "contains no sample"),
        (FACE, AUDIO + 9000, {"color": "rgb", "sample_rate": 16000}, "divide 16-bit samples by"),
        (FACE, AUDIO + np.nan, {"color": "rgb", "sample_rate": 16000}, "NaN or infinity"),
        (FACE, (AUDIO * 9).astype(np.int16), {"color": "rgb", "sample_rate": 16000}, "not int16"),
        ("a.png", AUDIO, {"color": "rgb", "sample_rate": 16000}, "leave them out for a file"),
        (FACE, "a.wav", {"color": "rgb", "sample_rate": 16000}, "leave it out for a file"),
    ],
)
def test_arrays_that_do_not_fit(
    syncer: LipSyncer, face: Any, audio: Any, given: Any, message: str
) -> None:
    with pytest.raises(InputError, match=message) as caught:
        syncer.frames(face, audio, **given)
    assert "\n" not in str(caught.value)


def test_a_rate_of_one_frame_in_an_hour_is_no_zero(
    syncer: LipSyncer, still: Path, sound: Sound
) -> None:
    face = read_image(still)
    assert len(list(syncer.frames([face], sound(0.4), color="bgr", fps=1 / 3600))) == 10


def test_frames_of_another_size_are_refused(syncer: LipSyncer, sound: Sound) -> None:
    with pytest.raises(InputError, match=r"frame 1: has the shape \(32, 64, 3\)"):
        list(syncer.frames([FACE, FACE[:32]], sound(0.4), color="bgr", fps=25))
