"""The real script, on files that the tests make."""

import subprocess
import sys
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from skimage import data

from wav2lip.checkpoints import build_network, save_network

ROOT = Path(__file__).resolve().parents[1]
CONFIG = {"_target_": "wav2lip.models.Generator", "width": 0.0625}


def infer(*arguments: object, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "infer.py"), *map(str, arguments)]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=300)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """face.png, blank.png, tone.wav (0.4 s) and tiny.safetensors."""
    folder = tmp_path_factory.mktemp("infer")
    picture = cv2.resize(data.astronaut()[0:256, 64:384, ::-1], (160, 128))
    cv2.imwrite(str(folder / "face.png"), picture)
    cv2.imwrite(str(folder / "blank.png"), np.full((64, 64, 3), 90, np.uint8))
    with av.open(str(folder / "tone.wav"), "w") as output:
        stream = output.add_stream("pcm_s16le", rate=16000, layout="mono")
        tone = (np.sin(np.arange(6400) / 11) * 9000).astype(np.int16)[None]
        frame = av.AudioFrame.from_ndarray(tone, format="s16", layout="mono")
        frame.sample_rate = 16000
        output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
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
        "error: blank.png: no face found in 10 frames; give a picture with a frontal face, "
        "another --detector, or its place with --box"
    ]
    assert not list(folder.glob("*none*"))
