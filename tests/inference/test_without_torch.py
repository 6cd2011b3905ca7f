"""The base install renders with an exported generator and imports nothing of the extras."""

import subprocess
import sys
from pathlib import Path

import pytest
import torch

from wav2lip.checkpoints import build_network, save_network
from wav2lip.checkpoints.export import export_network
from wav2lip.data.motion_basis import motion_basis
from wav2lip.media.audio import load_wav
from wav2lip.media.pcm import to_pcm, write_wav

pytest.importorskip("onnx")
DATA = Path(__file__).resolve().parents[2] / "data"
MESH = {
    "_target_": "wav2lip.models.MeshGenerator", "inpainter_width": 0.25, "width": 8, "stacks": 1,
    "dilations": [1], "components": 3, "lookahead_ms": 100,
}  # fmt: skip
EXTRAS = (
    "torch", "torchvision", "face_alignment", "librosa", "numba", "scipy", "skimage", "onnx", "hydra",
    "omegaconf", "pytorch_lightning", "torchmetrics", "matplotlib", "sklearn", "dlib", "openvino",
)  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("base")
    network = build_network(MESH)
    basis = motion_basis()
    network.motion.vertices.copy_(torch.from_numpy(basis.vertices))
    network.motion.basis.copy_(torch.from_numpy(basis.components[:3]))
    metadata = {"fps": 25, "face_crop": "aligned", "expert_id": "seed 9, clips 00000000"}
    save_network(folder / "mesh.safetensors", network.eval(), MESH, metadata)
    export_network(folder / "mesh.safetensors", folder / "mesh.onnx")
    write_wav(folder / "word.wav", to_pcm(load_wav(DATA / "speech.wav")[:6400]))
    return folder


def run(folder, command, *words: object):
    program = (
        f"import sys; sys.modules.update(dict.fromkeys({EXTRAS!r}))\n"
        "from wav2lip.cli.main import main\n"
        f"try: main({command!r})\n"
        f"finally: print([m for m in {EXTRAS!r} if sys.modules.get(m)])"
    )
    return subprocess.run(
        [sys.executable, "-c", program, *map(str, words)],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=100,
    )


def infer(folder, *words: object, checkpoint="mesh.onnx"):
    files = [
        "--face",
        DATA / "astronaut.jpg",
        "--audio",
        "word.wav",
        "--output",
        "out.mp4",
        "--nocache",
    ]
    return run(folder, "infer", *files, "--checkpoint", checkpoint, *words)


def test_an_avatar_is_made_and_speaks_without_the_extras(folder):
    common = ("--checkpoint", "mesh.onnx", "--audio", "word.wav", "--output", "live.mp4")
    for face, more in ((DATA / "astronaut.jpg", ("--save", "a.avatar")), ("a.avatar", ())):
        done = run(folder, "live", face, *common, *more)
        assert done.returncode == 0, done.stderr
        assert done.stdout.splitlines()[-1] == "[]"
        assert (folder / "live.mp4").stat().st_size > 5000


def test_an_exported_generator_runs_without_the_extras(folder):
    done = infer(folder, "--report", "report.json")
    assert done.returncode == 0, done.stderr
    assert "out.mp4: 0.40 s, 10 frames, in " in done.stdout
    assert "CPUExecutionProvider, fp32)" in done.stdout
    assert done.stdout.splitlines()[-1] == "[]"
    report = (folder / "report.json").read_text()
    assert '"engine": "onnxruntime ' in report
    assert 'CPUExecutionProvider, fp32"' in report


@pytest.mark.slow
def test_the_sync_check_runs_without_the_extras(folder):
    write_wav(folder / "long.wav", to_pcm(load_wav(DATA / "speech.wav")[:32000]))
    done = infer(folder, "--audio", "long.wav", "--check_sync")
    assert done.returncode == 0, done.stderr
    assert "(judge: own expert judge.onnx (" in done.stdout
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            ["--checkpoint", "mesh.safetensors"],
            "error: mesh.safetensors: runs with torch, and torch is not installed; run: pip install",
        ),
        (["--detector", "sfd"], "error: torch is not installed; run: pip install 'wav2lip-lab[torch]'"),
        (["--engine", "openvino"], "error: openvino is not installed; run: pip install"),
        (["--engine", "torch"], "error: mesh.onnx: is exported, so --engine torch cannot run it;"),
        (["--device", "cuda"], "error: --provider cuda: this build of ONNX Runtime has cpu; install onnxruntime-gpu"),
    ],
)  # fmt: skip
def test_what_is_missing_is_named_in_one_line(folder, words, message):
    done = infer(folder, *words)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert done.stderr.startswith(message)
