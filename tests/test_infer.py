"""The real script, on files that the tests make."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from skimage import data

from wav2lip.checkpoints import build_network, save_network
from wav2lip.media.pcm import write_wav

ROOT = Path(__file__).resolve().parents[1]
CONFIG = {"_target_": "wav2lip.models.Generator", "width": 0.0625}


def environment() -> dict[str, str]:
    """Ours, with the package in reach of a program that is not in its folder."""
    return os.environ | {"PYTHONPATH": str(ROOT)}


def infer(*arguments: object, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "infer.py"), *map(str, arguments)]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=300)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """face.png, blank.png, tone.wav (0.4 s), long_tone.wav (1.2 s) and tiny.safetensors."""
    folder = tmp_path_factory.mktemp("infer")
    picture = cv2.resize(data.astronaut()[0:256, 64:384, ::-1], (160, 128))
    cv2.imwrite(str(folder / "face.png"), picture)
    cv2.imwrite(str(folder / "blank.png"), np.full((64, 64, 3), 90, np.uint8))
    tone = (np.sin(np.arange(19200) / 11) * 9000).astype(np.int16)
    write_wav(folder / "tone.wav", tone[:6400])
    write_wav(folder / "long_tone.wav", tone)
    network = build_network(CONFIG)
    meta = {"mel_offset_frames": 0, "fps": 25, "image_size": 96}
    save_network(folder / "tiny.safetensors", network, CONFIG, meta)
    return folder


def test_the_script_makes_a_still_talk(folder: Path) -> None:
    done = infer(
        "--image", "face.png", "--audio", "tone.wav", "--output", "out/talk.mp4",
        "--checkpoint", "tiny.safetensors", "--fps", 30, "--batch_size", 4, "--detector", "hog",
        cwd=folder,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("out/talk.mp4: 0.40 s, 12 frames, in ")
    assert [p.name for p in (folder / "out").iterdir()] == ["talk.mp4"]
    with av.open(str(folder / "out" / "talk.mp4")) as video:
        assert video.streams.video[0].codec_context.name == "h264"
        assert video.streams.video[0].average_rate == 30
        assert len(video.streams.audio) == 1
        assert sum(1 for _ in video.decode(video=0)) == 12


def test_a_picture_without_a_face_is_refused_in_one_line(folder: Path) -> None:
    done = infer(
        "--face", "blank.png", "--audio", "tone.wav", "--output", "none.mp4",
        "--checkpoint", "tiny.safetensors", "--detector", "hog",
        cwd=folder,
    )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr.splitlines() == [
        "error: blank.png: no face found; use a picture of a face that looks at the camera, "
        "another --detector, or give the place of the face as --box"
    ]
    assert not list(folder.glob("*none*"))


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--fps", "0"], "error: --fps must be 1 to 240, not 0"),
        (
            ["--detector", "eye"],
            "error: --detector must be one of auto, blazeface, hog, sfd, yunet, retinaface, scrfd, not eye",
        ),
        (["--wat"], "error: unknown option --wat; see --help"),
        (["--crpo", "1"], "error: unknown option --crpo; did you mean --crop?"),
    ],
)
def test_a_mistyped_option_is_one_line(folder: Path, words: list[str], message: str) -> None:
    done = infer("--face", "face.png", "--audio", "tone.wav", *words, cwd=folder)
    assert (done.returncode, done.stderr.splitlines()) == (2, [message])


def test_rendering_and_the_sync_check_need_the_base_install_alone(folder: Path) -> None:
    extras = [
        "hydra",
        "omegaconf",
        "pytorch_lightning",
        "torchmetrics",
        "torchvision",
        "matplotlib",
        "wandb",
    ]
    program = (
        f"import sys; sys.modules.update(dict.fromkeys({extras!r}))\n"
        "from wav2lip.cli.main import main; main('infer')"
    )
    words = ["--face", "face.png", "--audio", "long_tone.wav", "--checkpoint", "tiny.safetensors"]
    words += ["--output", "base.mp4", "--check_sync"]  # hog is an extra
    done = subprocess.run(
        [sys.executable, "-c", program, *words],
        cwd=folder, capture_output=True, text=True, timeout=300, env=environment(),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "base.mp4: LSE-D " in done.stdout


def test_a_full_disk_is_one_line_and_leaves_nothing(folder: Path) -> None:
    limit = 6000  # bytes a file may grow to; the kernel's answer is that of a full disk
    program = (
        f"import resource, runpy, sys; resource.setrlimit(resource.RLIMIT_FSIZE, ({limit},)*2);"
        f"sys.argv[0] = {str(ROOT / 'infer.py')!r}; runpy.run_path(sys.argv[0], run_name='__main__')"
    )
    words = ["--face", "face.png", "--audio", "tone.wav", "--checkpoint", "tiny.safetensors"]
    words += ["--output", "full/o.mp4", "--detector", "hog", "--crf", "0", "--nocache"]
    command = [sys.executable, "-c", program, *words]
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=300, env=environment()
    )
    assert done.returncode == 2, done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert done.stderr.startswith("error: full/o.mp4: cannot be written")
    assert list((folder / "full").iterdir()) == []


def test_an_output_out_of_sync_fails_the_check(folder: Path) -> None:
    expert = {"_target_": "wav2lip.models.SyncNet", "width": 0.125, "stem_stride": 2}
    save_network(folder / "judge.safetensors", build_network(expert), expert, {})
    done = infer(
        "--image", "face.png", "--audio", "long_tone.wav", "--output", "checked.mp4",
        "--detector", "hog", "--report", "checked.json",
        "--judge_weights", "judge.safetensors", "--min_confidence", 1.9,
        cwd=folder,
    )  # fmt: skip
    assert done.returncode == 3, done.stderr
    assert "FAILED: LSE-C is below the required 1.9" in done.stdout
    assert (folder / "checked.mp4").is_file()
    sync = json.loads((folder / "checked.json").read_text())["sync"]
    assert sync["passed"] is False
    assert sync["seconds"][0]["time"] == 0.54
    assert sync["weak"][0][0] == 0


@pytest.mark.slow
def test_ctrl_c_leaves_no_broken_file(folder: Path) -> None:
    with av.open(str(folder / "long.wav"), "w") as output:
        stream = output.add_stream("pcm_s16le", rate=16000, layout="mono")
        frame = av.AudioFrame.from_ndarray(
            np.zeros((1, 16000 * 600), np.int16), format="s16", layout="mono"
        )
        frame.sample_rate = 16000
        output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    words = ["--face", "face.png", "--audio", "long.wav", "--checkpoint", "tiny.safetensors"]
    words += ["--output", "stop/o.mp4", "--detector", "hog"]
    command = [sys.executable, str(ROOT / "infer.py"), *words]
    running = subprocess.Popen(
        command, cwd=folder, stderr=subprocess.PIPE, text=True, env=environment()
    )
    deadline = time.monotonic() + 120
    while not list(folder.glob("stop/.*")) and time.monotonic() < deadline:
        assert running.poll() is None
        time.sleep(0.05)
    running.send_signal(signal.SIGINT)
    _, errors = running.communicate(timeout=60)
    assert (running.returncode, errors) == (130, "interrupted\n")
    assert list((folder / "stop").iterdir()) == []
