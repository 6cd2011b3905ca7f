"""Whole runs through the Python interface."""

import os
import sys
import wave
from collections.abc import Callable
from fractions import Fraction
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from wav2lip.errors import InputError
from wav2lip.inference.lip_syncer import LipSyncer
from wav2lip.inference.settings import Settings
from wav2lip.inference.strip import Strip
from wav2lip.media.audio import load_wav
from wav2lip.media.denoise import rnnoise
from wav2lip.media.video import VideoWriter, read_frames, read_image

SPEECH = Path(__file__).resolve().parents[2] / "data" / "speech.wav"
BOX = (10, 110, 10, 110)
Film = Callable[..., Path]
Sound = Callable[[float], Path]
Make = Callable[..., LipSyncer]


@pytest.fixture
def make(checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Make:
    monkeypatch.setenv("WAV2LIP_CACHE", str(tmp_path / "cache"))

    def syncer(**settings: Any) -> LipSyncer:
        settings = {"detector": "hog"} | settings
        return LipSyncer.from_checkpoint(checkpoint, "cpu", Settings(**settings))

    return syncer


def write_pcm(path: Path, wav: np.ndarray) -> None:
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 16000, 0, "NONE", ""))
        file.writeframes(np.rint(wav * 32767).astype("<i2").tobytes())


def times(path: Path) -> list[float]:
    with av.open(str(path)) as container:
        return [float(f.pts * f.time_base) for f in container.decode(video=0)]


def length(path: Path) -> float:
    """Seconds that the picture lasts, as the file says."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        return float(stream.duration * stream.time_base)


@pytest.mark.parametrize(("seconds", "fps"), [(0.05, 25), (0.5, Fraction(30000, 1001)), (1.1, 16)])
def test_the_output_lasts_as_long_as_the_sound(
    make: Make, film: Film, sound: Sound, tmp_path: Path, seconds: float, fps: Fraction
) -> None:
    output = tmp_path / "out.mp4"
    report = make()(film(f"{float(fps):g}.mp4", 8, fps), sound(seconds), output)
    assert abs(length(output) - seconds) <= 0.5 / fps
    np.testing.assert_allclose(np.diff(times(output)), float(1 / Fraction(fps)), atol=2e-5)
    assert report.frames == len(times(output))
    assert report.audio_seconds == pytest.approx(seconds)
    assert sorted(p.name for p in tmp_path.iterdir() if p.suffix) == ["out.mp4"]


def test_frame_times_of_a_variable_rate_are_kept(
    make: Make, face: np.ndarray, sound: Sound, tmp_path: Path
) -> None:
    path, output = tmp_path / "vfr.mp4", tmp_path / "out.mp4"
    shown = [0.0, 0.04, 0.14, 0.16, 0.2, 0.3]
    with VideoWriter(path, 160, 128, Fraction(25)) as writer:
        for time in shown:
            writer.write(face, time)
    make()(path, sound(0.5), output)
    # Reflected at the last frame: 0.2 comes again at 0.3 + 0.1, 0.16 at 0.44, 0.14 at 0.46.
    assert times(output) == pytest.approx([*shown, 0.4, 0.44, 0.46], abs=1e-4)
    assert length(output) == pytest.approx(0.5, abs=0.02)


def test_only_the_mouth_changes_and_frames_without_a_face_not_at_all(
    make: Make, film: Film, sound: Sound
) -> None:
    path = film("gap.mp4", 50, keep=lambda i: i < 8 or i >= 38)
    syncer = make()
    frames = list(syncer.frames(path, sound(2.0)))
    source = [f.image for f in read_frames(path)]
    assert [n for n, f in enumerate(frames) if not f.boxes] == list(range(8, 38))
    for n, (frame, before) in enumerate(zip(frames, source, strict=True)):
        changed = np.flatnonzero((frame.image != before).any(axis=(1, 2)))
        if not frame.boxes:
            assert changed.size == 0
            continue
        x0, y0, x1, y1 = frame.boxes[0]
        rows, columns = np.nonzero((frame.image != before).any(axis=2))
        assert rows.size > 100, n
        assert rows.min() >= y0 + 0.3 * (y1 - y0)
        assert (rows.max() <= y1, columns.min() >= x0 - 1, columns.max() <= x1) == (True,) * 3


def test_the_report_says_what_was_done(
    make: Make, film: Film, sound: Sound, tmp_path: Path
) -> None:
    path = film("report.mp4", 50, keep=lambda i: i < 8 or i >= 38)
    stages: list[str] = []
    strip = Strip(tmp_path / "strip.png")
    report = make()(
        path,
        sound(2.0),
        tmp_path / "out.mp4",
        progress=lambda stage, done, total: stages.append(stage),
        strip=strip,
    )
    assert (report.frames, report.frames_with_face) == (50, 20)
    assert report.without_face == [[8, 37]]
    assert (report.width, report.height, report.fps) == (160, 128, 25.0)
    assert report.detector["detector"] == "hog"
    assert len(report.checkpoint["sha256"]) == 64
    assert set(report.stage_seconds) == {"decode", "faces", "generate", "blend", "encode"}
    assert all(seconds > 0 for seconds in report.stage_seconds.values())
    assert set(report.stage_processor_seconds) == set(report.stage_seconds)
    assert sum(report.stage_processor_seconds.values()) < 2 * report.seconds * (os.cpu_count() or 1)
    assert 50e6 < report.peak_memory_bytes < 16e9  # of the process, which ran other tests before
    assert (report.warnings, report.settings["pads"]) == ([], (0, 10, 0, 0))
    assert list(dict.fromkeys(stages)) == ["reading the audio", "rendering", "finishing the file"]
    assert read_image(tmp_path / "strip.png").shape == (240, 6 * 300, 3)


def test_a_second_run_on_the_same_face_does_not_search(
    make: Make, film: Film, sound: Sound, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = film("again.mp4")
    first = list(make().frames(path, sound(0.5)))

    def searched(*_: object) -> None:
        raise AssertionError("searched again")

    monkeypatch.setattr("wav2lip.faces.detectors.hog.HogDetector.detect", searched)
    monkeypatch.setattr("wav2lip.faces.detectors.hog.HogDetector.redetect", searched)
    again = list(make().frames(path, sound(0.5)))
    assert [f.boxes[0].tolist() for f in again] == [f.boxes[0].tolist() for f in first]
    with pytest.raises(AssertionError, match="searched again"):
        list(make(cache=False).frames(path, sound(0.5)))


def test_batches_do_not_show(make: Make, film: Film, sound: Sound) -> None:
    path = film("batch.mp4")
    alone = [f.image for f in make(batch_size=1).frames(path, sound(0.6))]
    together = [f.image for f in make(batch_size=7).frames(path, sound(0.6))]
    for a, b in zip(alone, together, strict=True):
        assert np.abs(a.astype(int) - b.astype(int)).max() <= 1


def test_the_frame_is_resized_turned_and_cut(
    make: Make, film: Film, sound: Sound, tmp_path: Path
) -> None:
    settings = {"resize_factor": 2, "rotate": True, "crop": (0, -1, 0, 60), "box": (10, 50, 5, 45)}
    report = make(**settings)(film("turn.mp4"), sound(0.2), tmp_path / "o.mp4")
    assert (report.width, report.height) == (60, 80)
    assert report.detector == {}


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"box": (0, 129, 0, 50)}, r"^box 0 129 0 50 .* is 160 wide and 128 high"),
        ({"crop": (0, 0, 0, 9)}, "^crop 0 0 0 9 "),
    ],
)
def test_a_failed_run_leaves_nothing(
    make: Make, film: Film, sound: Sound, tmp_path: Path, settings: Any, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        make(**settings)(film("wrong.mp4"), sound(0.2), tmp_path / "o.mp4")
    assert not [p for p in tmp_path.iterdir() if p.suffix == ".mp4"]


def test_the_face_is_not_overwritten(make: Make, still: Path, sound: Sound) -> None:
    with pytest.raises(InputError, match="is the face itself"):
        make()(still, sound(0.2), still)


def test_a_strip_must_be_a_picture(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"name it \.png or \.jpg"):
        Strip(tmp_path / "strip.txt")


def test_in_a_muted_pause_the_mouth_rests(still: Path, tmp_path: Path) -> None:
    speech = load_wav(SPEECH)[16000:48000]
    speech[8000:] = np.random.default_rng(0).normal(size=24000) * 3e-4  # from 0.5 s on
    write_pcm(tmp_path / "pause.wav", speech)

    def changes(mute: bool) -> list[float]:
        settings = Settings(detector="hog", mute_pauses=mute)
        syncer = LipSyncer.from_checkpoint("default", "cpu", settings)
        images = [frame.image for frame in syncer.frames(still, tmp_path / "pause.wav")]
        assert len(images) == 50
        return [np.abs(a.astype(int) - b).mean() for a, b in pairwise(images)]

    muted, audible = changes(True), changes(False)
    pause = slice(35, 48)  # what is said reaches 0.6 s into a pause
    assert max(muted[pause]) == 0 < max(muted[:10])
    assert max(audible[pause]) > 0


def test_audio_without_a_voice_is_a_warning(still: Path, tmp_path: Path) -> None:
    syncer = LipSyncer.from_checkpoint("default", "cpu")
    face = read_image(still)
    noise = np.random.default_rng(0).normal(0, 0.1, 8000).astype(np.float32)
    report = syncer(face, noise, tmp_path / "out.mp4", color="bgr", sample_rate=16000)
    assert report.warnings == [
        "array: no voice found, so the mouth stays still; "
        "turn off mute_pauses (--no_mute_pauses) to let every sound move it"
    ]
    report = syncer(
        face, noise, tmp_path / "out.mp4", color="bgr", sample_rate=16000, warn_voiceless=False
    )
    assert report.warnings == []


@pytest.mark.skipif(find_spec("pyrnnoise") is None, reason="requires pyrnnoise")
def test_denoising_changes_the_frames_and_not_the_audio(still: Path, tmp_path: Path) -> None:
    wav = load_wav(SPEECH)[16000:20800] + np.random.default_rng(0).normal(0, 0.03, 4800)
    for name, denoise in (("noisy.mkv", False), ("clean.mkv", True)):
        settings = Settings(denoise=denoise)
        syncer = LipSyncer.from_checkpoint("default", "cpu", settings)
        audio = wav.astype(np.float32)
        syncer(still, audio, tmp_path / name, sample_rate=16000)
    noisy, clean = tmp_path / "noisy.mkv", tmp_path / "clean.mkv"
    assert np.array_equal(load_wav(noisy), load_wav(clean))
    images = [[f.image for f in read_frames(path)] for path in (noisy, clean)]
    assert len(images[0]) == len(images[1]) == 7
    assert not np.array_equal(images[0], images[1])


def test_denoising_requires_its_extra(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyrnnoise", None)
    rnnoise.cache_clear()
    with pytest.raises(InputError, match=r"^pyrnnoise is not installed; .*\[denoise\]"):
        make(denoise=True)
    rnnoise.cache_clear()
