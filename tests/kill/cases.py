"""The four commands on small inputs."""

import csv
import json
from pathlib import Path
from typing import Any

import torch

from tests.kill.moments import Case, Files
from wav2lip.checkpoints import build_network, save_network
from wav2lip.media.pcm import to_pcm, write_wav
from wav2lip.synthetic.clips import synthesize, write_synthetic_corpus, write_synthetic_video

SIZE = 200  # pixels
GENERATOR = {"_target_": "wav2lip.models.Generator", "width": 0.0625}
EXPERT = {
    "_target_": "wav2lip.models.SyncNet",
    "width": 0.125,
    "image_size": 48,
    "stem_stride": 2,
    "embedding": 16,
}


def _networks(folder: Path) -> None:
    torch.manual_seed(0)
    meta = {"mel_offset_frames": 0, "fps": 25, "image_size": 96}
    save_network(folder / "expert.safetensors", build_network(EXPERT), EXPERT, {})
    save_network(folder / "tiny.safetensors", build_network(GENERATOR), GENERATOR, meta)


def _videos(folder: Path, seeds: range, seconds: float) -> None:
    folder.mkdir()
    for seed in seeds:
        write_synthetic_video(folder / f"{seed}.mp4", synthesize(seed, seconds, size=SIZE))


def _bytes(folder: Path, without: tuple[str, ...] = ()) -> Files:
    """Return every file below a folder, but for those whose content is not the result."""
    return {
        name: path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and (name := path.relative_to(folder).as_posix()) not in without
    }


def _plain(value: Any, without: tuple[str, ...]) -> Any:
    """Return plain data without the entries that tell how long a run took."""
    if isinstance(value, dict):
        return {k: _plain(v, without) for k, v in value.items() if k not in without}
    return [_plain(v, without) for v in value] if isinstance(value, list) else value


def _make_videos(folder: Path) -> None:
    _videos(folder / "videos", range(4), 0.8)
    (folder / "videos" / "broken.mp4").write_text("no video")


PREPROCESS = Case(
    "preprocess",
    ("wav2lip.cli.preprocess", "wav2lip.faces.detectors.hog", "dlib", "librosa", "scipy.signal"),
    _make_videos,
    lambda inputs: [
        [f"input={inputs}/videos", "output=out", "detector=hog", f"workers={n}"] for n in (1, 2)
    ],
    lambda folder: _bytes(folder / "out"),
    "out",
)


def _make_jobs(folder: Path) -> None:
    _networks(folder)
    _videos(folder / "videos", range(2), 0.6)
    for seed in range(3):
        write_wav(folder / f"{seed}.wav", to_pcm(synthesize(seed + 5, 0.6, size=SIZE).wav))
    rows = [(folder / "videos" / f"{n % 2}.mp4", folder / f"{n}.wav", f"{n}.mp4") for n in range(3)]
    with (folder / "jobs.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("face", "audio", "output"), *rows])


def _rendered(folder: Path) -> Files:
    """Return the outputs. A report says which of them an earlier run has made."""
    files = _bytes(folder, ("log", "report.json"))
    files["report.json"] = sorted(
        row["output"] for row in json.loads((folder / "report.json").read_text())["jobs"]
    )
    return {name: content for name, content in files.items() if not name.startswith("cache/")}


INFER = Case(
    "infer",
    ("wav2lip.cli.infer_command", "wav2lip.faces.detectors.hog", "dlib", "librosa", "scipy.signal"),
    _make_jobs,
    lambda inputs: [
        [
            *("--jobs", f"{inputs}/jobs.csv", "--checkpoint", f"{inputs}/tiny.safetensors"),
            *("--detector", "hog", "--report", "report.json", "--strip", "strip.png"),
        ]
    ],
    _rendered,
)


def _make_pairs(folder: Path) -> None:
    _networks(folder)
    _videos(folder / "videos", range(2), 0.8)
    (folder / "pairs.csv").write_text("face,audio\n0.mp4,1.mp4\n1.mp4,0.mp4\n")


def _evaluated(folder: Path) -> Files:
    return _bytes(folder / "out")


EVALUATE = Case(
    "evaluate",
    (
        *("wav2lip.cli.evaluate", "wav2lip.faces.detectors.hog", "dlib", "librosa", "scipy.signal"),
        *("wav2lip.evaluation.pairs", "wav2lip.evaluation.segments", "matplotlib.pyplot"),
    ),
    _make_pairs,
    lambda inputs: [
        [
            *("pairs=pairs", f"input={inputs}/pairs.csv", f"root={inputs}/videos"),
            *(f"checkpoint={inputs}/tiny.safetensors", "output=out", "detector=hog"),
            *(f"judge_weights={inputs}/expert.safetensors", "leak_seconds=0", "device=cpu"),
            f"workers={workers}",
        ]
        for workers in (1, 2)
    ],
    _evaluated,
    "out",
)


def _make_corpus(folder: Path) -> None:
    write_synthetic_corpus(folder / "corpus", {"train": 2, "val": 1}, seconds=1.4, image_size=48)


HOURS = "hyper_parameters.training_hours"
REVISION = "hyper_parameters.revision"  # of the checkout, where somebody may be at work


def _trained(folder: Path) -> Files:
    """Return the curves and every value of the checkpoints, but for the hours of training and the revision."""
    run = folder / "run"
    names = _bytes(run, ("train.log",))
    files = {name: None for name in names if not name.endswith((".csv", ".ckpt"))}
    files |= {name: names[name] for name in names if name.endswith(".csv")}
    hours: dict[str, float] = {}
    for path in (run / "checkpoints").iterdir():
        values = _values(path.name, torch.load(path, weights_only=True))
        hours[path.name] = values.pop(f"{path.name}.{HOURS}")
        del values[f"{path.name}.{REVISION}"]
        files |= values
    files["hours increase"] = 0 < hours.get("best.ckpt", 0) < hours.get("last.ckpt", 0)
    return files


def _values(name: str, value: Any) -> Files:
    """Return the values inside nested data by their dotted names."""
    if isinstance(value, torch.Tensor):
        return {name: value.tolist()}
    if isinstance(value, dict):
        items = list(value.items())
    elif isinstance(value, list | tuple):
        items = list(enumerate(value))
    else:
        return {name: value}
    return {k: v for key, item in items for k, v in _values(f"{name}.{key}", item).items()}


TRAIN = Case(
    "train",
    (
        *("wav2lip.cli.train", "wav2lip.callbacks", "wav2lip.data.datamodule", "wav2lip.tasks"),
        *("wav2lip.data.datasets", "wav2lip.tasks.syncnet", "matplotlib.pyplot"),
        *("torch._dynamo",),
    ),
    _make_corpus,
    lambda inputs: [
        [
            *("experiment=syncnet", f"data.manifests=[{inputs}/corpus]", "run=run"),
            *(f"data.num_workers={workers}", "data.batch_size=2", "data.steps_per_epoch=3"),
            *("data.dataset.image_size=48", "trainer.accelerator=cpu", "threads=1"),
            *("task.syncnet.width=0.0625", "++task.syncnet.embedding=16"),
            *("++task.syncnet.audio_residuals=[0,0,0,0]", "trainer.max_steps=9"),
            *("callbacks.last.every=2", "~callbacks.progress"),
            "+trainer.enable_progress_bar=false",
        ]
        for workers in (0, 2)
    ],
    _trained,
    "run",
)

CASES = {case.name: case for case in (PREPROCESS, INFER, EVALUATE, TRAIN)}
