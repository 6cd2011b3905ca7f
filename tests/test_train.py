"""train.py as a user runs it, on synthetic faces and tiny networks."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from wav2lip.checkpoints import load_network
from wav2lip.data.synthetic import write_synthetic_corpus

ROOT = Path(__file__).resolve().parents[1]
QUICK = (
    "data.num_workers=0",
    "data.batch_size=2",
    "data.steps_per_epoch=2",
    "data.dataset.image_size=48",
    "trainer.accelerator=cpu",
    "threads=1",
    "~callbacks.progress",
    "+trainer.enable_progress_bar=false",
)
TINY_EXPERT = (
    "task.syncnet.width=0.0625",
    "++task.syncnet.embedding=16",
    "++task.syncnet.audio_residuals=[0,0,0,0]",
)
TINY_GENERATOR = (
    "task.generator.width=0.0625",
    "++task.generator.embedding=16",
    "++task.generator.audio_channels=null",
    "++task.generator.audio_residuals=[0,0,0,0]",
    "++task.generator.face_channels=null",
    "++task.generator.decoder_channels=null",
    "++task.generator.max_residuals=0",
)


def train(*arguments: object):
    return subprocess.run(
        [sys.executable, str(ROOT / "train.py"), *QUICK, *map(str, arguments)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        check=False,
    )


def refused(result):
    """The last line of a refusal; what Lightning says about devices may come before."""
    assert result.returncode == 2, result.stderr
    assert "Traceback" not in result.stderr
    return result.stderr.strip().splitlines()[-1]


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    folder = tmp_path_factory.mktemp("corpus")
    write_synthetic_corpus(folder, {"train": 4, "val": 2}, seconds=1.4, image_size=48)
    return folder


def test_expert_then_generator_and_each_goes_on_from_where_it_stopped(corpus, tmp_path):
    data = f"data.manifests=[{corpus}]"
    expert = ["experiment=syncnet", data, f"run={tmp_path}/expert", *TINY_EXPERT]
    first = train(*expert, "trainer.max_steps=2")
    assert first.returncode == 0, first.stderr
    assert (tmp_path / "expert" / "curves" / "metrics.csv").is_file()
    last = tmp_path / "expert" / "checkpoints" / "last.ckpt"
    again = train(*expert, "trainer.max_steps=4")
    assert again.returncode == 0, again.stderr
    assert f"going on from {last}" in again.stdout
    assert load_network(last, "syncnet").config["width"] == 0.0625
    assert sorted(path.name for path in last.parent.iterdir()) == ["best.ckpt", "last.ckpt"]
    assert torch.load(last, weights_only=True)["global_step"] == 4

    generator = ["experiment=wav2lip", data, f"run={tmp_path}/lips", *TINY_GENERATOR]
    made = train(*generator, f"task.expert={last}", "trainer.max_steps=2")
    assert made.returncode == 0, made.stderr
    loaded = load_network(tmp_path / "lips" / "checkpoints" / "last.ckpt", "generator")
    assert loaded.metadata["mel_offset_frames"] == -2
    assert loaded.config["image_size"] == 48


@pytest.mark.slow
def test_a_generator_trains_on_pixels_alone(corpus, tmp_path):
    run = ["experiment=wav2lip", f"data.manifests=[{corpus}]", f"run={tmp_path}", *TINY_GENERATOR]
    made = train(*run, "task.expert=null", "trainer.max_steps=2")
    assert made.returncode == 0, made.stderr
    assert (tmp_path / "checkpoints" / "best.ckpt").is_file()


def test_a_misspelt_key_is_one_line(corpus, tmp_path):
    result = train("experiment=syncnet", "data.batchsize=4", f"run={tmp_path}/run")
    assert "there is no 'data.batchsize'; known there: _target_, batch_size" in refused(result)
    assert len(result.stderr.strip().splitlines()) == 1
    assert not (tmp_path / "run").exists()


@pytest.mark.slow
def test_bad_input_is_one_line_and_exit_code_2(corpus, tmp_path):
    nowhere, short = tmp_path / "nowhere", tmp_path / "short"
    for folder in (nowhere, short):
        (folder / "clips").mkdir(parents=True)
        (folder / "manifest.csv").write_bytes((corpus / "manifest.csv").read_bytes())
    for clip in (corpus / "clips").iterdir():
        data = clip.read_bytes()
        (short / "clips" / clip.name).write_bytes(data[: len(data) // 2])
    expert = ["experiment=syncnet", f"run={tmp_path}/run", *TINY_EXPERT]
    lips = ["experiment=wav2lip", f"run={tmp_path}/run", *TINY_GENERATOR]
    good = f"data.manifests=[{corpus}]"
    cases = {
        "no experiment given": [good],
        "Could not find 'experiment/magic'": ["experiment=magic"],
        "data.manifests must be given": expert,
        "task.expert must be given": [*lips, good],
        "no manifest there": [*expert, f"data.manifests=[{tmp_path}]"],
        "the manifest points nowhere": [*expert, f"data.manifests=[{nowhere}]"],
        "not a whole clip file": [*expert, f"data.manifests=[{short}]"],
        "need at least 2 clips": [*expert, good, "data.batch_size=1"],
        "sacle": [*expert, good, "+task.loss.sacle=1"],
        "no such checkpoint file": [*lips, good, f"task.expert={tmp_path}/missing.ckpt"],
        "holds a generator, not a sync expert": [
            *lips,
            good,
            f"task.expert={generator_checkpoint(tmp_path)}",
        ],
    }
    for text, arguments in cases.items():
        assert text in refused(train(*arguments))


def generator_checkpoint(folder):
    from wav2lip.checkpoints import build_network, save_network

    config = {"_target_": "wav2lip.models.Generator", "width": 0.0625}
    save_network(folder / "generator.safetensors", build_network(config), config, {})
    return folder / "generator.safetensors"
