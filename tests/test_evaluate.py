"""The real script on small videos, good and bad."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from wav2lip.checkpoints import build_network, save_network
from wav2lip.data.synthetic import synthesize, write_synthetic_video

ROOT = Path(__file__).resolve().parents[1]
EXPERT = {
    "_target_": "wav2lip.models.SyncNet",
    "width": 0.125,
    "image_size": 48,
    "stem_stride": 2,
    "embedding": 16,
}
GENERATOR = {"_target_": "wav2lip.models.Generator", "width": 0.0625}


def evaluate(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "evaluate.py"), "detector=hog", *arguments]
    cache = {"WAV2LIP_CACHE": str(folder / "cache"), "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=300, env=os.environ | cache
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """videos/a.mp4 and videos/b.mp4 of 1.6 s, expert.safetensors, tiny.safetensors."""
    folder = tmp_path_factory.mktemp("evaluate")
    (folder / "videos").mkdir()
    for seed, name in enumerate("ab"):
        write_synthetic_video(folder / "videos" / f"{name}.mp4", synthesize(seed, 1.6))
    torch.manual_seed(0)
    ids = {"training_id": "seed 1, clips 0a0a0a0a"}
    save_network(folder / "expert.safetensors", build_network(EXPERT), EXPERT, ids)
    meta = {"mel_offset_frames": 0, "fps": 25, "image_size": 96, "expert_id": ids["training_id"]}
    save_network(folder / "tiny.safetensors", build_network(GENERATOR), GENERATOR, meta)
    return folder


def test_a_folder_with_bad_files(folder: Path) -> None:
    (folder / "videos" / "text.mp4").write_text("no film")
    done = evaluate(folder, "input=videos", "judge_weights=expert.safetensors", "output=one")
    (folder / "videos" / "text.mp4").unlink()
    assert (done.returncode, done.stderr) == (0, "")
    assert "judge: own expert expert.safetensors (not comparable with published" in done.stdout
    assert "\nskipped everything of text: videos/text.mp4: " in done.stdout
    assert {path.name for path in (folder / "one").iterdir()} == {
        "clips.csv", "confidence.png", "distance.png", "results.json", "skipped.csv", "summary.csv",
    }  # fmt: skip


def test_a_list_is_generated_first_and_the_trainer_is_no_judge(folder: Path) -> None:
    (folder / "pairs.csv").write_text("face,audio\na.mp4,b.mp4\nb.mp4,b.mp4\n")
    done = evaluate(
        folder, "list=pairs", "input=pairs.csv", "root=videos", "checkpoint=tiny.safetensors",
        "judge_weights=expert.safetensors", "output=two", "leak_seconds=0.8", "device=cpu",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "warning: this judge trained the generator" in done.stdout
    assert (folder / "two" / "videos" / "a-b.mp4").is_file()
    results = json.loads((folder / "two" / "results.json").read_text())
    assert {"real", "sound 5 frames late", "frozen mouth"} <= set(results["summary"])
    assert results["generator"]["path"] == "tiny.safetensors"
    assert results["settings"]["leak_seconds"] == 0.8


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["input=videos", "judge_weights=none.ckpt"], "error: none.ckpt: no such checkpoint file"),
        (["judge_weights=expert.safetensors"], "error: config: input must be given; add input=..."),
        (
            ["input=gone.mp4", "judge_weights=expert.safetensors"],
            "error: gone.mp4: no such file or folder; give input=VIDEO or input=FOLDER",
        ),
    ],
)
def test_bad_input_is_one_line(folder: Path, words: list[str], message: str) -> None:
    done = evaluate(folder, *words)
    assert (done.returncode, done.stderr.splitlines()) == (2, [message])
    assert not (folder / "results").exists()
