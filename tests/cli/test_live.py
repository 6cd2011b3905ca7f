import io
import subprocess
import sys
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from networks import SMALL_MESH_GENERATOR, opening_generator
from skimage import data

from wav2lip.checkpoints import build_network, save_network
from wav2lip.cli import live_command
from wav2lip.cli.live import main
from wav2lip.media.pcm import to_pcm


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("live") / "mesh.safetensors"
    config = {"_target_": "wav2lip.models.MeshGenerator", **SMALL_MESH_GENERATOR}
    save_network(path, opening_generator(0.15), config, {"fps": 25, "face_crop": "aligned"})
    return path


@pytest.fixture(scope="module")
def face(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("face") / "face.png"
    cv2.imwrite(str(path), data.astronaut()[0:200, 130:370, ::-1])
    return path


def _run(monkeypatch, *words: object, sound: bytes = b"") -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(sound)))
    monkeypatch.setattr(sys, "argv", ["live", *map(str, words)])
    main()


@pytest.mark.slow
def test_pcm_on_stdin_becomes_video_on_stdout(
    checkpoint, face, tmp_path, monkeypatch, capsysbinary
):
    noise = np.random.default_rng(0).normal(0, 0.1, 8000).astype(np.float32)
    pcm = to_pcm(noise).astype("<i2").tobytes()
    saved = tmp_path / "face.avatar"
    common = ("--audio", "-", "--rate", 16_000, "--checkpoint", checkpoint, "--no_mute_pauses")
    _run(monkeypatch, face, *common, "--save", saved, sound=pcm)
    first = capsysbinary.readouterr()
    assert b"13 frames, 0 late, 0 underruns" in first.err
    _run(monkeypatch, saved, *common, sound=pcm + b"\0")
    for video in (first.out, capsysbinary.readouterr().out):
        with av.open(io.BytesIO(video)) as container:
            assert len(list(container.decode(video=0))) == 13
        with av.open(io.BytesIO(video)) as container:
            sound = np.concatenate([f.to_ndarray()[0] for f in container.decode(audio=0)])
        assert len(sound) == pytest.approx(13 * 1920, abs=2048)
        assert sound[2000:20_000].std() == pytest.approx(0.1, rel=0.3)


@pytest.mark.slow
def test_an_absent_camera_is_one_line(checkpoint, face, tmp_path, monkeypatch, capsys):
    pytest.importorskip("pyvirtualcam")
    output = tmp_path / "a.mp4"
    words = ("--audio", "-", "--camera", "/dev/none", "--output", output)
    with pytest.raises(SystemExit) as ended:
        _run(monkeypatch, face, *words, "--checkpoint", checkpoint)
    assert ended.value.code == 2
    line = capsys.readouterr().err.strip()
    assert "/dev/none: cannot be opened" in line
    assert "\n" not in line
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["{face}"], "there is nothing to do; give --audio or --save"),
        (
            ["{face}", "--save", "a.avatar", "--output", "a.mp4"],
            "--output needs sound; add --audio",
        ),
        (
            ["{face}", "--save", "a.avatar", "--camera", "auto"],
            "--camera needs sound; add --audio",
        ),
        (["none.jpg", "--audio", "-"], "none.jpg: no such file; give the face"),
        (["{face}", "--audio", "none.wav"], "none.wav: no such file; give the audio"),
        (["{face}", "--audio", "-", "--output", "a.avi"], "a.avi: --output writes .mp4 files"),
        (["{face}", "--save", "a.bin"], "a.bin: --save writes .avatar files; name it so"),
        (["{face}", "--audio", "-", "--block", "0"], "--block"),
        (["{face}", "--audio", "-", "--rate", "0"], "--rate"),
        (["{face}", "--audio", "-", "--camera", " "], "--camera is empty; name the device, or"),
        (["{face}", "--audio", "-", "--idle_mouth", "open"], "argument --idle_mouth: invalid choi"),
        (["{face}", "--audio", "-", "--device", "gpu"], "--device"),
    ],
)
def test_bad_input_is_one_line(words, message, face, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as ended:
        _run(monkeypatch, *(word.format(face=face) for word in words))
    assert ended.value.code == 2
    line = capsys.readouterr().err.strip()
    assert message in line
    assert "\n" not in line
    assert list(tmp_path.iterdir()) == []


def test_a_closed_stdout_is_no_output(face, monkeypatch, capsys):
    monkeypatch.setattr(live_command, "CLOSED_STREAMS", {"stdout"})
    with pytest.raises(SystemExit) as ended:
        _run(monkeypatch, face, "--audio", "-")
    assert ended.value.code == 2
    assert "stdout: is closed; give an output" in capsys.readouterr().err


def test_a_closed_stdin_is_no_sound(checkpoint, face, tmp_path):
    words = ["live", str(face), "--audio", "-", "--checkpoint", str(checkpoint), "--realtime"]
    code = f"import sys, os; os.close(0); sys.stdin = None; sys.argv = {words!r} + ['--output', 'a.mp4']; "
    code += "from wav2lip.cli.live import main; main()"
    found = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert found.returncode == 2
    assert found.stderr.strip().endswith("no sound came; give some")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("rate", [7, 10_000_000])
def test_an_impossible_rate_ends_in_one_line(rate, checkpoint, face, tmp_path, monkeypatch, capsys):
    output = tmp_path / "a.mp4"
    with pytest.raises(SystemExit) as ended:
        _run(
            monkeypatch,
            *(face, "--audio", "-", "--rate", rate, "--checkpoint", checkpoint, "--output", output),
            sound=bytes(1000),
        )
    assert ended.value.code == 2
    assert f"a sample rate of {rate} Hz cannot be used" in capsys.readouterr().err
    assert not output.exists()


@pytest.mark.parametrize("head", [b"RIFF\x24\0\0\0WAVE", b"\0\0\0\x20ftypisom"])
def test_a_file_on_stdin_is_not_taken_for_pcm(
    head, checkpoint, face, tmp_path, monkeypatch, capsys
):
    words = (face, "--audio", "-", "--checkpoint", checkpoint, "--output", tmp_path / "o.mp4")
    with pytest.raises(SystemExit) as stop:
        _run(monkeypatch, *words, sound=head + bytes(8000))
    assert stop.value.code == 2
    assert (
        "stdin: is an audio or video file, not 16-bit PCM; give its path as"
        in capsys.readouterr().err
    )
    assert not (tmp_path / "o.mp4").exists()


def test_no_sound_ends_in_one_line(checkpoint, face, monkeypatch, capsys):
    with pytest.raises(SystemExit) as ended:
        _run(monkeypatch, face, "--audio", "-", "--checkpoint", checkpoint)
    assert ended.value.code == 2
    assert "error: no sound came; give some" in capsys.readouterr().err


def test_other_generators_are_refused(face, tmp_path, monkeypatch, capsys):
    config, path = (
        {"_target_": "wav2lip.models.Generator", "width": 0.0625},
        tmp_path / "a.safetensors",
    )
    metadata = {"mel_offset_frames": -1, "fps": 25, "image_size": 96}
    save_network(path, build_network(config), config, metadata)
    with pytest.raises(SystemExit):
        _run(monkeypatch, face, "--audio", "-", "--checkpoint", path)
    assert "take a generator that moves a mesh" in capsys.readouterr().err
