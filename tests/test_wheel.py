"""The wheel works by itself: installed into an empty folder and run from another working directory."""

import os
import shutil
import subprocess
import sys
import tomllib
import zipfile
from email import message_from_string
from pathlib import Path

import av
import pytest

from wav2lip.clips import read_manifest
from wav2lip.media.audio import load_wav
from wav2lip.media.pcm import to_pcm, write_wav
from wav2lip.synthetic.clips import synthesize, write_synthetic_corpus, write_synthetic_video
from wav2lip.types import SAMPLE_RATE
from wav2lip.utils.extras import DISTRIBUTION

ROOT = Path(__file__).resolve().parents[1]
SOURCES = ("wav2lip", "configs", "pyproject.toml", "README.md", "LICENSE")
EXTRAS = (
    "dlib", "hydra", "matplotlib", "omegaconf", "pytorch_lightning", "torchmetrics", "torchvision", "wandb",
)  # fmt: skip
# As if the extras were not installed.
BLOCK = f"""
import sys
for name in {EXTRAS!r}:
    sys.modules[name] = None
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel, built from a copy of the sources so that the checkout stays clean."""
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    source.mkdir()
    for name in SOURCES:
        if (ROOT / name).is_dir():
            ignore = shutil.ignore_patterns("__pycache__")
            shutil.copytree(ROOT / name, source / name, ignore=ignore)
        else:
            shutil.copy(ROOT / name, source)
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "wheel", "--quiet"]
    options = ["--no-deps", "--no-build-isolation", "--wheel-dir", str(folder), str(source)]
    subprocess.run([*pip, *options], check=True, capture_output=True, text=True)
    (path,) = folder.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """The folder that holds the installed wheel and nothing else."""
    target = tmp_path_factory.mktemp("site")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    options = ["--no-deps", "--no-index", "--no-compile", "--target", str(target), str(wheel)]
    subprocess.run([*pip, *options], check=True, capture_output=True, text=True)
    return target


@pytest.fixture
def run(installed, tmp_path):
    """Run `wav2lip ARGUMENTS` of the installed wheel in an empty folder."""

    def run(*arguments: object, path=()):
        program = installed / "bin" / "wav2lip"
        environment = os.environ | {
            "PYTHONPATH": os.pathsep.join(map(str, (*path, installed))),
            "WAV2LIP_CACHE": str(tmp_path / "cache"),
            "OMP_NUM_THREADS": "1",
        }
        done = subprocess.run(
            [sys.executable, str(program), *map(str, arguments)],
            cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=300,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


def short_speech(path, seconds):
    wav = load_wav(ROOT / "data" / "speech.wav")[: round(seconds * SAMPLE_RATE)]
    write_wav(path, to_pcm(wav))


def test_every_package_is_listed_in_pyproject():
    listed = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"]
    found = {
        ".".join(file.parent.relative_to(ROOT).parts)
        for file in (ROOT / "wav2lip").rglob("__init__.py")
    }
    assert set(listed) == found | {"wav2lip.configs"}


def test_metadata_and_contents(wheel):
    assert wheel.name == f"{DISTRIBUTION.replace('-', '_')}-0.2.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        (metadata,) = [name for name in names if name.endswith(".dist-info/METADATA")]
        fields = message_from_string(archive.read(metadata).decode())
    assert fields["License-Expression"] == (
        "MIT AND Apache-2.0 AND BSD-3-Clause AND LicenseRef-wav2lip-weights"
    )
    licences = [
        "LICENSE",
        "mediapipe.LICENSE",
        "moonshine.LICENSE",
        "niqe.LICENSE",
        "silero_vad.LICENSE",
        "mediapipe.NOTICE",
    ]
    assert fields.get_all("License-File") == [
        "LICENSE",
        *(f"wav2lip/assets/{name}" for name in licences),
    ]
    configs = {f"wav2lip/{file.relative_to(ROOT)}" for file in ROOT.glob("configs/**/*.yaml")}
    assert configs <= names
    bundled = ("README.md", "blazeface_short.onnx", "blazeface_full.onnx", "face_mesh.onnx")
    assert {
        f"wav2lip/assets/{name}"
        for name in (*licences, *bundled, "face_mesh.npz", "mel_filters.npz", "motion_basis.npz")
    } <= names
    assert "wav2lip/py.typed" in names
    assert not [name for name in names if name.startswith(("tests", "benchmarks", "configs"))]


def test_infer_requires_no_extra(run, tmp_path):
    (tmp_path / "block").mkdir()
    (tmp_path / "block" / "sitecustomize.py").write_text(BLOCK)
    shutil.copy(ROOT / "data" / "astronaut.jpg", tmp_path / "face.jpg")
    short_speech(tmp_path / "speech.wav", 0.4)
    run(
        "infer", "--face", "face.jpg", "--audio", "speech.wav", "--output", "talk.mp4",
        "--device", "cpu", path=[tmp_path / "block"],
    )  # fmt: skip
    with av.open(str(tmp_path / "talk.mp4")) as video:
        assert sum(1 for _ in video.decode(video=0)) == 10


def test_preprocess(run, tmp_path):
    (tmp_path / "videos").mkdir()
    write_synthetic_video(tmp_path / "videos" / "a.mp4", synthesize(1, 1.2, size=200))
    run("preprocess", "input=videos", "output=clips", "detector=hog", "workers=1", "val_share=0")
    assert [row.source for row in read_manifest(tmp_path / "clips")] == ["a.mp4"]


def test_two_training_steps(run, tmp_path):
    write_synthetic_corpus(tmp_path / "clips", {"train": 2, "val": 1}, seconds=1.4, image_size=48)
    run(
        "train", "experiment=syncnet", "data.manifests=[clips]", "trainer.max_steps=2",
        "data.batch_size=2", "data.steps_per_epoch=2", "data.num_workers=0",
        "data.dataset.image_size=48", "task.syncnet.width=0.0625", "++task.syncnet.embedding=16",
        "trainer.accelerator=cpu", "threads=1",
    )  # fmt: skip
    assert (tmp_path / "runs" / "syncnet" / "checkpoints" / "last.ckpt").is_file()


def test_evaluate(run, tmp_path):
    write_synthetic_video(tmp_path / "a.mp4", synthesize(1, 1.2, size=200))
    run("evaluate", "input=a.mp4", "output=scores", "detector=hog", "device=cpu")
    assert (tmp_path / "scores" / "summary.csv").is_file()
