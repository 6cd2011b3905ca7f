"""The real script on small videos, good and bad."""

import json
import os
import subprocess
import sys
import time
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hydra import compose, initialize_config_dir
from omegaconf import OmegaConf

from wav2lip.checkpoints import build_network, save_network
from wav2lip.cli.evaluate import inference_settings
from wav2lip.evaluation.segments import read_pcm
from wav2lip.inference.settings import Settings
from wav2lip.media.pcm import write_wav
from wav2lip.media.video import VideoWriter
from wav2lip.models import SyncNetV2
from wav2lip.synthetic.clips import synthesize, write_synthetic_video

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
    assert json.loads((folder / "one/results.json").read_text())["settings"]["protocol"] == [
        "sync_check"
    ]
    assert {path.name for path in (folder / "one").iterdir()} == {
        "clips.csv", "confidence.png", "distance.png", "index.html", "left_out.csv", "records", "results.json",
        "skipped.csv", "summary.csv", "summary.json", "summary.md", "summary.tex",
    }  # fmt: skip


def test_a_list_is_generated_first_and_the_trainer_is_no_judge(folder: Path) -> None:
    (folder / "pairs.csv").write_text("face,audio\na.mp4,b.mp4\nb.mp4,b.mp4\n")
    done = evaluate(
        folder, "pairs=pairs", "input=pairs.csv", "root=videos", "checkpoint=tiny.safetensors",
        "judge_weights=expert.safetensors", "output=two", "leak_seconds=0.8", "device=cpu",
        "infer.pads=[0,0,0,0]", "infer.batch_size=16",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "warning: this judge trained the generator" in done.stdout
    assert (folder / "two" / "videos" / "a-b.mp4").is_file()
    results = json.loads((folder / "two" / "results.json").read_text())
    assert {"real", "audio 5 frames late", "frozen mouth"} <= set(results["summary"])
    assert results["generator"]["path"] == "tiny.safetensors"
    assert results["settings"]["leak_seconds"] == 0.8
    assert results["settings"]["infer"]["batch_size"] == 16
    assert results["settings"]["infer"]["detector"] == "hog"


def test_every_kind_of_bad_video_has_its_line_and_the_rest_goes_on(folder: Path) -> None:
    bad, clip = folder / "bad", synthesize(3, 1.6)
    bad.mkdir()
    with VideoWriter(bad / "silent.mp4", 160, 160, 25) as writer:
        for frame, time in zip(clip.frames, clip.times, strict=True):
            writer.write(frame, float(time))
    write_synthetic_video(bad / "nobody.mp4", replace(clip, frames=np.full_like(clip.frames, 9)))
    write_synthetic_video(bad / "short.mp4", synthesize(3, 0.16))
    write_synthetic_video(bad / "fast.mp4", synthesize(3, 1.6, fps=50))
    write_synthetic_video(bad / "good.mp4", clip)
    write_wav(bad / "long.wav", np.resize(read_pcm(bad / "good.mp4"), 48000))
    names = ["silent.mp4", "nobody.mp4", "short.mp4", "gone.mp4", "fast.mp4", "good.mp4"]
    rows = [f"{name},{name}" for name in names] + ["good.mp4,long.wav"]
    (folder / "bad.csv").write_text("face,audio\n" + "\n".join(rows))
    done = evaluate(
        folder, "pairs=pairs", "input=bad.csv", "root=bad", "judge_weights=expert.safetensors",
        "output=three",
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    lines = " ".join(done.stdout.split())
    for words in (
        "skipped everything of silent: bad/silent.mp4: has no sound track",
        "skipped everything of nobody: bad/nobody.mp4: no face in any of its 40 frames",
        "too short to judge: give 5 frames (0.20 s) of both or more skipped everything of gone: "
        "bad/gone.mp4: no such file",
        "fast (video): 50 frames per second, resampled to 25",
        "good-long (video): the sound is 1.40 s longer; its end is not scored",
    ):
        assert words in lines
    scored = {
        row["clip"] for row in json.loads((folder / "three/results.json").read_text())["clips"]
    }
    assert scored == {"fast", "good", "good-long"}


@pytest.mark.slow
@pytest.mark.parametrize(("mode", "clip"), [("largest", "a"), ("tracks", "a#0")])
def test_a_whole_video_by_syncnet_v2s_architecture(folder: Path, mode: str, clip: str) -> None:
    torch.manual_seed(0)
    torch.save(SyncNetV2().state_dict(), folder / "v2.model")  # a bare state dict, as published
    words = [f"segments={mode}"] + (["segments.min_frames=20"] if mode == "tracks" else [])
    done = evaluate(
        folder, "input=videos/a.mp4", "judge_weights=v2.model", f"output={mode}", *words
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "judge: SyncNet v2 with the weights of v2.model (not the published file)" in done.stdout
    results = json.loads((folder / mode / "results.json").read_text())
    found = [(row["clip"], row["system"], row["windows"]) for row in results["clips"]]
    # 40 frames hold 36 windows, of which the published count leaves out the last
    assert found == [
        (clip, "video", 35),
        (clip, "audio 5 frames late", 30),
        (clip, "frozen mouth", 35),
    ]
    assert len(results["judge"]["sha256"]) == 64


def test_every_inference_setting_is_a_key_with_the_same_default() -> None:
    with initialize_config_dir(str(ROOT / "configs"), version_base="1.3"):
        cfg = compose("evaluate", ["input=x"])
    values = OmegaConf.to_container(cfg, resolve=True)["infer"]
    assert inference_settings(values) == Settings()
    assert list(values) == [field.name for field in fields(Settings)]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            ["input=videos", "judge_weights=none.ckpt"],
            "error: none.ckpt: no such file or directory; check judge_weights",
        ),
        (["judge_weights=expert.safetensors"], "error: config: input must be given; add input=..."),
        (
            ["input=gone.mp4", "judge_weights=expert.safetensors"],
            "error: gone.mp4: no such file or directory; check input",
        ),
    ],
)
def test_bad_input_is_one_line(folder: Path, words: list[str], message: str) -> None:
    done = evaluate(folder, *words)
    assert (done.returncode, done.stderr.splitlines()) == (2, [message])
    assert not (folder / "results").exists()


@pytest.mark.slow
def test_the_published_leak_protocol_on_a_tree_like_lrs2(folder: Path) -> None:
    """The command of docs/metrics.md with random weights: two speakers, three numbered clips.

    A small expert is the judge: SyncNet v2 takes minutes.
    """
    main = folder / "LRS2" / "main"
    names = ["5535415699068794046/00001", "5535415699068794046/00002", "5535496873950688380/00038"]
    for seed, name in enumerate(names):
        (main / name).parent.mkdir(parents=True, exist_ok=True)
        write_synthetic_video(main / f"{name}.mp4", synthesize(seed, 1.6))
    pairs = [(names[0], names[2]), (names[2], names[0]), (names[1], names[2])]
    (folder / "lrs2.txt").write_text("".join(f"{sound} {face}\n" for sound, face in pairs))
    done = evaluate(
        folder,
        *("pairs=lrs2", "input=lrs2.txt", "root=LRS2/main", "output=lrs2", "workers=1"),
        *("checkpoint=tiny.safetensors", "judge_weights=expert.safetensors", "leak_seconds=1.2"),
        "protocol=[leak,still,still_cross]",
    )
    assert done.returncode == 0, done.stderr
    results = json.loads((folder / "lrs2" / "results.json").read_text())
    assert {row["speaker"] for row in results["clips"]} == {
        "5535415699068794046", "5535496873950688380",
    }  # fmt: skip
    means = results["summary"]
    for metric in ("lse_c_silent", "lse_d_silent", "lsd_current"):
        assert means["generated"][metric]["clips"] >= 2  # a random generator may break a face
    assert means["first frame alone"]["lsd_first_frame"]["clips"] >= 2


@pytest.mark.slow
def test_a_killed_run_goes_on_and_gives_the_same_numbers(folder: Path) -> None:
    (folder / "many").mkdir()
    for seed in range(5):
        write_synthetic_video(folder / "many" / f"{seed}.mp4", synthesize(seed, 1.6))
    words = ["input=many", "judge_weights=expert.safetensors", "executor=pool", "workers=2"]
    assert evaluate(folder, *words, "output=whole").returncode == 0
    command = [sys.executable, str(ROOT / "evaluate.py"), "detector=hog", *words, "output=killed"]
    cache = {"WAV2LIP_CACHE": str(folder / "cache"), "PYTHONPATH": str(ROOT)}
    records, finished = folder / "killed" / "records", "[!.]*.json"
    with subprocess.Popen(command, cwd=folder, env=os.environ | cache) as process:
        while process.poll() is None and not list(records.glob(finished)):
            time.sleep(0.01)
        process.kill()
    before = {path: path.stat().st_mtime_ns for path in records.glob(finished)}
    assert 0 < len(before) < 5
    done = evaluate(folder, *words, "output=killed")
    assert done.returncode == 0, done.stderr
    assert f"{len(before)} of 5 clips were scored by an earlier run" in done.stdout
    assert {path: path.stat().st_mtime_ns for path in before} == before
    assert len(list(records.glob(finished))) == 5
    for name in ("clips.csv", "summary.csv"):
        whole, resumed = (folder / output / name for output in ("whole", "killed"))
        assert whole.read_bytes() == resumed.read_bytes()
