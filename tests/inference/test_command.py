"""What the command line does with good and bad files, in this process."""

import json
import os
import shutil
import wave
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest

from wav2lip.cli.infer_command import run
from wav2lip.cli.infer_options import parse
from wav2lip.errors import InputError
from wav2lip.media.video import read_image

Film = Callable[..., Path]
Sound = Callable[[float], Path]
Infer = Callable[..., int]


@pytest.fixture
def infer(checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Infer:
    monkeypatch.setenv("WAV2LIP_CACHE", str(tmp_path / ".cache"))
    monkeypatch.chdir(tmp_path)

    def call(*words: object) -> int:
        fixed = ["--checkpoint", str(checkpoint), "--detector", "hog", "--device", "cpu"]
        return run(parse([*fixed, *map(str, words)]))

    return call


def visible(folder: Path) -> set[str]:
    """Every file below, hidden ones too, but for the cache."""
    names = {str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file()}
    return {name for name in names if not name.startswith(".cache")}


def test_report_and_strip(
    infer: Infer, still: Path, sound: Sound, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--output", "-a 'b\".ü.mp4", "--report", "sub/r.json", "--strip", "s.png"]
    assert infer("--image", still, "--audio", sound(0.4), *words) == 0
    assert visible(tmp_path) == {"-a 'b\".ü.mp4", "sub/r.json", "s.png"}
    report = json.loads(Path("sub/r.json").read_text())
    assert (report["output"], report["frames"]) == ("-a 'b\".ü.mp4", 10)
    assert report["settings"]["detector"] == "hog"
    assert read_image("s.png").shape[0] == 240
    assert capsys.readouterr().out.startswith("-a 'b\".ü.mp4: 0.40 s, 10 frames, in ")


def test_names_that_are_not_utf8(
    infer: Infer, still: Path, sound: Sound, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    face, output, strip = (os.fsdecode(name) for name in (b"f\xe9.png", b"o\xe9.mp4", b"s\xe9.png"))
    shutil.copy(still, tmp_path / face)
    words = ["--output", output, "--report", "r.json", "--strip", strip]
    assert infer("--image", face, "--audio", sound(0.2), *words) == 0
    assert visible(tmp_path) == {face, output, strip, "r.json"}
    assert json.loads(Path("r.json").read_text())["face"] == face


def _write_samples(path: Path, samples: np.ndarray, codec: str, fmt: str) -> Path:
    with av.open(str(path), "w") as output:
        stream = output.add_stream(codec, rate=16000, layout="mono")
        frame = av.AudioFrame.from_ndarray(samples[None], format=fmt, layout="mono")
        frame.sample_rate = 16000
        output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    return path


def _empty_wav(path: Path) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 16000, 0, "NONE", ""))
    return path


def test_silence_and_an_odd_rate_work(infer: Infer, still: Path, tmp_path: Path) -> None:
    silence = _write_samples(tmp_path / "s.wav", np.zeros(3200, np.int16), "pcm_s16le", "s16")
    assert infer("--face", still, "--audio", silence, "--output", "o.mp4", "--fps", 12) == 0
    with av.open("o.mp4") as video:
        assert sum(1 for _ in video.decode(video=0)) == 2


@pytest.mark.parametrize("which", ["face", "audio"])
@pytest.mark.parametrize(
    ("name", "content"),
    [("none.mp4", None), ("folder", ""), ("empty.mp4", b""), ("text.mp4", b"not a film" * 99)],
)
def test_files_that_are_none(
    infer: Infer, still: Path, sound: Sound, tmp_path: Path, which: str, name: str, content: Any
) -> None:
    path = tmp_path / name
    if content == "":
        path.mkdir()
    elif content is not None:
        path.write_bytes(content)
    given = {"face": still, "audio": sound(0.4), which: path}
    before = visible(tmp_path)
    with pytest.raises(InputError, match=name):
        infer("--face", given["face"], "--audio", given["audio"], "--output", "o.mp4")
    assert visible(tmp_path) == before


def test_sounds_that_are_none(infer: Infer, still: Path, tmp_path: Path) -> None:
    nan = np.full(6400, np.nan, np.float32)
    bad = {
        "NaN or infinity": _write_samples(tmp_path / "nan.wav", nan, "pcm_f32le", "flt"),
        "no sound after": _empty_wav(tmp_path / "no.wav"),
        "no sound track": still,
    }
    for message, path in bad.items():
        with pytest.raises(InputError, match=f"{path.name}: .*{message}"):
            infer("--face", still, "--audio", path, "--output", "o.mp4")
    assert visible(tmp_path) == {"nan.wav", "no.wav"}


def test_a_truncated_mp4_is_refused(infer: Infer, film: Film, sound: Sound, tmp_path: Path) -> None:
    whole = film("whole.mp4").read_bytes()
    (tmp_path / "cut.mp4").write_bytes(whole[: whole.index(b"moov") + 40])
    with pytest.raises(InputError, match=r"cut\.mp4"):
        infer("--face", "cut.mp4", "--audio", sound(0.4), "--output", "o.mp4")
    assert visible(tmp_path) == {"cut.mp4"}


def test_a_video_that_breaks_off_is_used_as_far_as_it_goes(
    infer: Infer, film: Film, sound: Sound
) -> None:
    whole = film("breaks.mp4", 50).read_bytes()
    start = whole.index(b"mdat")
    Path("half.mp4").write_bytes(whole[: start + (len(whole) - start) // 2])
    words = ["--output", "o.mp4", "--report", "r.json"]
    assert infer("--face", "half.mp4", "--audio", sound(2.0), *words) == 0
    report = json.loads(Path("r.json").read_text())
    assert 40 <= report["frames"] <= 50  # the break may cost frames that refer to lost ones
    assert any("video" in warning for warning in report["warnings"])
    with av.open("o.mp4") as video:
        stream = video.streams.video[0]
        assert float(stream.duration * stream.time_base) == pytest.approx(2.0, abs=0.02)


def test_no_face_in_a_whole_video(infer: Infer, film: Film, sound: Sound, tmp_path: Path) -> None:
    path = film("nobody.mp4", keep=lambda i: False)
    with pytest.raises(InputError, match=r"nobody\.mp4: no face found in 20 frames"):
        infer("--face", path, "--audio", sound(0.8), "--output", "o.mp4")
    assert visible(tmp_path) == set()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--output", "file/o.mp4"], "file"),
        (["--output", "o.xyz"], r"\.xyz"),
        (["--output", "."], "directory|unknown video format"),
        (["--report", "file/r.json"], "cannot be written"),
        (["--strip", "s.txt"], r"name it \.png or \.jpg"),
        (["--box", "0", "900", "0", "20"], "--box 0 900 0 20 .* is 160 wide and 128 high"),
        (["--codec", "mpeg"], "libx264"),
        (["--checkpoint", "nothing.pth"], r"nothing\.pth"),
    ],
)
def test_options_that_cannot_be(
    infer: Infer, still: Path, sound: Sound, tmp_path: Path, words: list[str], message: str
) -> None:
    Path("file").write_text("in the way")
    with pytest.raises(InputError, match=message) as caught:
        infer("--face", still, "--audio", sound(0.4), "--output", "o.mp4", *words)
    assert "\n" not in str(caught.value)
    assert visible(tmp_path) == {"file"}


def test_a_table_of_jobs_resumes(
    infer: Infer, still: Path, sound: Sound, capsys: pytest.CaptureFixture[str]
) -> None:
    cv2.imwrite("blank.png", np.full((64, 64, 3), 90, np.uint8))
    rows = [f"{still},{sound(0.4)},a.mp4", f"blank.png,{sound(0.4)},b.mp4"]
    rows.append(f"{still},{sound(0.5)},c.mp4")
    Path("jobs.csv").write_text("face,audio,output\n" + "\n".join(rows))
    assert infer("--jobs", "jobs.csv", "--report", "all.json", "--strip", "x.jpg") == 1
    made = ["a.jpg", "a.mp4", "c.jpg", "c.mp4"]
    assert [n for n in made if Path(n).is_file()] == made
    assert capsys.readouterr().out.endswith("2 made, 0 skipped, 1 failed\n")
    old = Path("a.mp4").stat().st_mtime_ns
    assert infer("--jobs", "jobs.csv") == 1
    assert capsys.readouterr().out == "0 made, 2 skipped, 1 failed\n"
    assert Path("a.mp4").stat().st_mtime_ns == old
    assert "no face found" in json.loads(Path("all.json").read_text())["jobs"][1]["error"]


def test_the_sync_check_decides_the_exit_code(
    infer: Infer, still: Path, sound: Sound, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--face", still, "--audio", sound(1.0), "--output", "o.mp4", "--report", "r.json"]
    assert infer(*words, "--check_sync") == 0
    assert "o.mp4: LSE-D " in capsys.readouterr().out
    assert infer(*words, "--min_confidence", 9) == 3
    assert "FAILED: LSE-C is below the required 9" in capsys.readouterr().out
    sync = json.loads(Path("r.json").read_text())["sync"]
    assert (sync["passed"], sync["min_confidence"]) == (False, 9)
    assert sync["weak"] == [[0, 1]]
    short = ["--face", still, "--audio", sound(0.12), "--output", "s.mp4", "--report", "s.json"]
    with pytest.raises(InputError, match="too short to judge"):
        infer(*short, "--check_sync")
    assert json.loads(Path("s.json").read_text())["frames"] == 3  # the video is there
    assert Path("s.mp4").is_file()


def test_a_resumed_table_of_jobs_is_judged_as_a_new_one(
    infer: Infer, still: Path, sound: Sound, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [f"{still},{sound(1.0)},a.mp4", f"{still},{sound(0.12)},short.mp4"]
    Path("jobs.csv").write_text("face,audio,output\n" + "\n".join(rows))
    words = ["--jobs", "jobs.csv", "--report", "all.json"]
    for count in ("2 made, 0 skipped, 0 failed", "0 made, 2 skipped, 0 failed"):
        assert infer(*words, "--min_confidence", 9) == 3
        out = capsys.readouterr().out
        assert "a.mp4: LSE-D " in out
        assert out.endswith(f"{count}\n")
        first, second = json.loads(Path("all.json").read_text())["jobs"]
        assert first["sync"]["passed"] is False
        assert "too short to judge" in second["sync"]["error"]
    assert infer(*words, "--check_sync") == 0
    assert infer(*words) == 0
    assert "sync" not in json.loads(Path("all.json").read_text())["jobs"][0]
