"""The kinds of hostile input: each makes the files of one case and the command line that reads them."""

import json
import shutil
import socket
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import av
import numpy as np
from safetensors.numpy import load_file, save_file

from tests.fuzz.mutate import TEXTS, VALUES, mutate_bytes, mutate_json, mutate_table


@dataclass
class Case:
    """One command line.

    Attributes:
        command: name of the `wav2lip` command.
        words: what follows it.
        codes: exit codes that are right.
        leaves: names that may remain in the output folder after a failure.
    """

    command: str
    words: list[str]
    codes: tuple[int, ...] = (0, 2)
    leaves: tuple[str, ...] = field(default=())


BOX = ["--box", "30", "150", "30", "130"]  # the face of the synthetic videos; no detector needed
NAMES = (
    "a",
    "a",
    "a",
    "caf\udce9",
    "-a",
    "a b",
    "a:b",
    "%d",
    "\u00e9'\"",
    "a=b,c",
    "[x](1)",
    "${a}",
    "\u4e2d",
)
RECORDS = ("failures.csv", "dropped.csv", "remarks.csv", "records/*")


def _infer(base: Path, face: Path | str, audio: Path | str, *words: str) -> Case:
    checkpoint = str(base / "checkpoints" / "generator.safetensors")
    words = (*words,) if "--checkpoint" in words else ("--checkpoint", checkpoint, *words)
    files = ["--face", str(face), "--audio", str(audio), "--output", "out/o.mp4"]
    return Case("infer", [*files, *BOX, "--device", "cpu", "--nocache", *words])


def _preprocess(source: Path | str, *words: str) -> Case:
    return Case(
        "preprocess",
        ["detector=hog", f"input={source}", "output=out", *words, "workers=1"],
        leaves=RECORDS,
    )


def _evaluate(base: Path, source: Path | str, *words: str) -> Case:
    judge = f"judge_weights={base / 'checkpoints' / 'expert.safetensors'}"
    judges = () if any(word.startswith("judge_weights") for word in words) else (judge,)
    given = ["detector=hog", "device=cpu", f"input={source}", "output=out", "leak_seconds=0"]
    return Case("evaluate", [*given, *judges, *words])


def _train(clips: Path | str, *words: str) -> Case:
    small = ["trainer.accelerator=cpu", "data.batch_size=2", "data.num_workers=0", "callbacks={}"]
    small += ["data.dataset.windows=2", "data.val_dataset.windows=2", "data.steps_per_epoch=1"]
    last = ["trainer.max_steps=1"]
    manifests = f"data.manifests=[{clips}]"
    return Case(
        "train",
        ["experiment=syncnet", "run=out", manifests, *small, *words, *last],
        leaves=("**/*",),
    )


def _audit(base: Path, clips: Path | str, *words: str) -> Case:
    return Case(
        "audit", [str(clips), f"expert={base / 'checkpoints' / 'expert.safetensors'}", *words]
    )


def _readers(base: Path, path: Path, rng: Random) -> Case:
    """Return one of the commands that read a media file."""
    good = base / "media"
    how = rng.random()
    if how < 0.35:
        return _infer(base, path, good / "a.wav")
    if how < 0.65:
        return _infer(base, good / "a.png", path)
    if how < 0.75:
        return _infer(base, path, path)
    if how < 0.9:
        return _preprocess(path.parent)
    return _evaluate(base, path)


def media(base: Path, folder: Path, rng: Random) -> Case:
    """A damaged picture, video or sound."""
    source = rng.choice(sorted((base / "media").iterdir()))
    path = folder / "in" / f"{rng.choice(NAMES)}{source.suffix}"
    path.write_bytes(mutate_bytes(source.read_bytes(), rng))
    return _readers(base, path, rng)


def timeline(base: Path, folder: Path, rng: Random) -> Case:
    """A video whose packets have other times: gaps, jumps, late and early starts, no order."""
    path = folder / "in" / "a.mkv"
    with av.open(str(base / "media" / "a.mkv")) as source, av.open(str(path), "w") as target:
        streams = {s.index: target.add_stream_from_template(s) for s in source.streams}
        moves = dict.fromkeys(streams, 0.0)
        which, share = rng.choice(list(streams)), rng.choice((0.02, 0.2, 1))
        steps = (0.02, 0.5, 3, 90, 3600, 36_000, 720_000, 1e7, -0.02, -3, -3600)
        moves[which] = rng.choice((0, 0, *steps))
        for packet in source.demux():
            if packet.dts is None:
                continue
            if packet.stream.index == which and rng.random() < share:
                if rng.random() < 0.3:
                    continue
                moves[which] += rng.choice(steps) * (share < 1)
            shift = round(moves[packet.stream.index] / float(packet.time_base))
            packet.pts, packet.dts = packet.pts + shift, packet.dts + shift
            packet.stream = streams[packet.stream.index]
            try:
                target.mux(packet)
            except (av.FFmpegError, OverflowError):  # the muxer refuses it
                continue
    return _readers(base, path, rng)


def wav(base: Path, folder: Path, rng: Random) -> Case:
    """A WAV whose header says something odd, or whose samples are."""
    path = folder / "in" / "a.wav"
    kind, bits = rng.choice(
        ((1, 16), (1, 8), (1, 24), (1, 32), (3, 32), (3, 64), (6, 8), (65534, 16))
    )
    channels = rng.choice((0, 1, 2, 6, 64, 255, 65535))
    rate = rng.choice((0, 1, 7, 8000, 16000, 44100, 768_000, 2**31 - 1, 2**31, 2**32 - 1))
    block = channels * bits // 8
    body = rng.choice(
        (
            rng.randbytes(rng.choice((0, 2, 3000, 40_000))),
            np.full(8000, rng.choice((3e38, np.nan, np.inf, 1e-40)), np.float32).tobytes(),
        )
    )
    fields = (kind, channels, rate, rate * block % 2**32, block % 65536, bits)
    size = rng.choice((len(body), len(body), 0, 2**32 - 1, 2**31))
    head = b"fmt " + struct.pack("<IHHIIHH", 16, *fields) + b"data" + struct.pack("<I", size)
    path.write_bytes(b"RIFF" + struct.pack("<I", 36 + len(body)) + b"WAVE" + head + body)
    return _infer(base, base / "media" / "a.png", path)


def _edit_header(path: Path, rng: Random, edit: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    """Rewrite the metadata of a safetensors file."""
    data = path.read_bytes()
    (size,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + size])
    header["__metadata__"] = edit(header.get("__metadata__") or {})
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + data[8 + size :])


def _edit_json(rng: Random) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """Return an edit of the values that are JSON inside the metadata."""

    def edit(metadata: dict[str, Any]) -> dict[str, Any]:
        key = rng.choice(sorted(metadata)) if metadata else "x"
        how = rng.random()
        if how < 0.05:
            return {k: v for k, v in metadata.items() if k != key}
        if how < 0.1:
            return {**metadata, key: rng.choice(("", "{", "[" * 100_000, "NaN", "[]", "null", "7"))}
        try:
            value = json.loads(metadata[key])
        except (KeyError, ValueError):
            return {**metadata, key: rng.choice(TEXTS)}
        return {**metadata, key: json.dumps(mutate_json(value, rng))}

    return edit


def _edit_tensors(path: Path, rng: Random) -> None:
    """Give a tensor another value, type or shape, or leave it out."""
    data = path.read_bytes()
    (size,) = struct.unpack("<Q", data[:8])
    metadata = json.loads(data[8 : 8 + size]).get("__metadata__")
    tensors = dict(load_file(path))
    name = rng.choice(sorted(tensors))
    old = tensors[name]
    how = rng.randrange(6)
    if how == 0:
        del tensors[name]
    elif how == 1:
        tensors[name] = old.astype(rng.choice((np.float64, np.int64, np.uint8, np.float16)))
    elif how == 2:
        tensors[name] = old.reshape(-1)[: rng.choice((0, 1, old.size // 2))].copy()
    elif how == 3:
        tensors[name] = old[None].copy()
    elif how == 4:
        value = rng.choice((np.nan, np.inf, -1e9, 1e9, -1, 0))
        kind = old.dtype
        if kind.kind in "iu":
            limits = np.iinfo(kind)
            value = max(
                limits.min,
                min(limits.max, 0 if value != value else int(max(-1e9, min(value, 1e9)))),
            )
        tensors[name] = np.full_like(old, value)
    else:
        tensors[name] = old.reshape(-1)[::-1].reshape(old.shape).copy()
    save_file(tensors, path, metadata)


def _damage(path: Path, rng: Random) -> None:
    """Damage a checkpoint or clip file by its metadata, its tensors or its bytes."""
    how = rng.random()
    if path.suffix != ".safetensors" or how < 0.25:
        path.write_bytes(mutate_bytes(path.read_bytes(), rng))
    elif how < 0.7:
        _edit_header(path, rng, _edit_json(rng))
    else:
        _edit_tensors(path, rng)


def checkpoint(base: Path, folder: Path, rng: Random) -> Case:
    """A damaged checkpoint of a generator or an expert."""
    source = rng.choice(sorted((base / "checkpoints").iterdir()))
    path = folder / "in" / source.name
    shutil.copy(source, path)
    _damage(path, rng)
    good = base / "media"
    if rng.random() < 0.4:
        return Case("export", [str(path), f"out/o{rng.choice(('.safetensors', '.pth'))}"])
    if source.stem == "generator":
        return _infer(base, good / "a.png", good / "a.wav", "--checkpoint", str(path))
    if rng.random() < 0.3:
        return _evaluate(base, good / "a.mp4", f"judge_weights={path}")
    shutil.copytree(base / "clips", folder / "out")
    return Case("audit", ["out", f"expert={path}"], leaves=("**/*",))


def _clips(base: Path, folder: Path, rng: Random) -> Case:
    if rng.random() < 0.35:
        return _train(folder / "in" / "clips")
    shutil.copytree(folder / "in" / "clips", folder / "out")
    case = _audit(base, "out")
    case.leaves = ("**/*",)
    return case


def clip(base: Path, folder: Path, rng: Random) -> Case:
    """A damaged clip file in a good folder."""
    shutil.copytree(base / "clips", folder / "in" / "clips")
    _damage(rng.choice(sorted((folder / "in" / "clips" / "clips").iterdir())), rng)
    return _clips(base, folder, rng)


def manifest(base: Path, folder: Path, rng: Random) -> Case:
    """A damaged manifest of good clips."""
    shutil.copytree(base / "clips", folder / "in" / "clips")
    path = folder / "in" / "clips" / "manifest.csv"
    path.write_bytes(mutate_table(path.read_text(), rng))
    return _clips(base, folder, rng)


def table(base: Path, folder: Path, rng: Random) -> Case:
    """A damaged list of videos, splits, pairs or jobs."""
    good = base / "media"
    for name in ("a.mp4", "a.wav", "a.png"):
        shutil.copy(good / name, folder / "in" / name)
    inside = folder / "in"
    kind = rng.choice(("files", "splits", "pairs", "jobs"))
    if kind == "files":
        text = rng.choice(("file,split\na.mp4,train\n", "a.mp4\n"))
        path = inside / rng.choice(("list.csv", "list.txt"))
        case = _preprocess(path)
    elif kind == "splits":
        text = rng.choice(("file,split,speaker\na.mp4,val,ann\n", "a.mp4\n"))
        path = inside / rng.choice(("splits.csv", "val.txt"))
        case = _preprocess(inside, f"splits={path}")
    elif kind == "pairs":
        text = f"face,audio\n{inside}/a.mp4,{inside}/a.mp4\n"
        path = inside / "pairs.csv"
        case = _evaluate(base, path, "pairs=pairs")
    else:
        text = f"face,audio,output\n{inside}/a.png,{inside}/a.wav,out/o.mp4\n"
        path = inside / "jobs.csv"
        checkpoint = str(base / "checkpoints" / "generator.safetensors")
        words = ["--jobs", str(path), "--checkpoint", checkpoint, *BOX, "--device", "cpu"]
        case = Case("infer", words, codes=(0, 1, 2), leaves=("o.mp4",))  # of a good row
    path.write_bytes(mutate_table(text, rng))
    return case


def _options(base: Path, rng: Random) -> list[str]:
    from wav2lip.cli.infer_arguments import build_parser

    skipped = {"output", "report", "strip", "help", "jobs", "checkpoint", "judge_weights"}
    actions = [a for a in build_parser()._actions if a.dest not in skipped]
    action = rng.choice(actions)
    count = action.nargs if isinstance(action.nargs, int) else 1
    return [action.option_strings[0], *(rng.choice(TEXTS) for _ in range(count))]


def _keys(node: Any, path: str = "") -> Iterator[str]:
    if isinstance(node, dict) and "_target_" not in path:
        for key, value in node.items():
            yield from _keys(value, f"{path}.{key}" if path else str(key))
    else:
        yield path


def _override(name: str, words: list[str], rng: Random, tried: frozenset[str]) -> str:
    from hydra import compose, initialize_config_module
    from omegaconf import OmegaConf

    from wav2lip.cli.resolvers import register_resolvers

    register_resolvers()
    with initialize_config_module("wav2lip.configs", version_base="1.3"):
        config = compose(name, words)
    known = list(_keys(OmegaConf.to_container(config, resolve=False)))
    keys = [k for k in known if not k.endswith("_target_") and k.split(".")[0] not in tried]
    value = rng.choice(TEXTS)
    if rng.random() < 0.1:
        return f"{rng.choice(keys)}x={value}"
    return f"{rng.choice(keys)}={value}"


def setting(base: Path, folder: Path, rng: Random) -> Case:
    """A good command line with one or two odd values."""
    good = base / "media"
    command = rng.choice(("infer", "infer", "preprocess", "evaluate", "train", "train", "audit"))
    if command == "infer":
        case = _infer(base, good / "a.png", good / "a.wav", *_options(base, rng))
        case.codes = (0, 2, 3)  # 3: made, but below the given minimum confidence
        return case
    paths = frozenset(("output", "run", "root", "checkpoint", "judge_weights", "executor"))
    if command == "preprocess":
        shutil.copy(good / "a.mp4", folder / "in" / "a.mp4")
        override = _override("preprocess", [], rng, paths | {"input", "workers"})
        return _preprocess(folder / "in", override)
    if command == "evaluate":
        override = _override("evaluate", [], rng, paths | {"leak_seconds"})
        return _evaluate(base, good / "a.mp4", override)
    if command == "train":
        override = _override("train", ["experiment=syncnet"], rng, paths | {"callbacks", "logger"})
        return _train(base / "clips", override)
    shutil.copytree(base / "clips", folder / "out")
    case = _audit(base, "out", _override("audit", [], rng, paths | {"clips", "expert"}))
    case.leaves = ("**/*",)
    return case


def person(base: Path, folder: Path, rng: Random) -> Case:
    """A damaged video or checkpoint, or an odd value, for a generator that is tuned to one person."""
    video = folder / "in" / f"{rng.choice(NAMES)}.mp4"
    data = (base / "media" / "a.mp4").read_bytes()
    how = rng.random()
    video.write_bytes(mutate_bytes(data, rng) if how < 0.4 else data)
    words = ["--output=out/o.safetensors", "--report=out/o.html"]
    if 0.4 <= how < 0.6:
        source = rng.choice(sorted((base / "checkpoints").iterdir()))
        path = folder / "in" / source.name
        shutil.copy(source, path)
        _damage(path, rng)
        words.append(f"--checkpoint={path}")
    elif how >= 0.6:
        option = rng.choice(("output", "report", "checkpoint", "minutes", "seed"))
        words.append(f"--{option}={rng.choice(TEXTS)}")
    videos = [str(video)] * rng.choice((1, 1, 1, 2))
    return Case("personalize", [*words, "--", *videos])


def live(base: Path, folder: Path, rng: Random) -> Case:
    """A damaged face, avatar or sound, or an odd value, for a live session into a file."""
    face, audio = base / "media" / "a.png", base / "media" / "a.wav"
    words: list[str] = []
    how = rng.random()
    if how < 0.4:
        face = folder / "in" / "a.avatar"
        shutil.copy(base / "a.avatar", face)
        if rng.random() < 0.3:
            _edit_header(face, rng, _edit_json(rng))
        else:
            face.write_bytes(mutate_bytes(face.read_bytes(), rng))
    elif how < 0.6:
        source, face = face, folder / "in" / f"{rng.choice(NAMES)}.png"
        face.write_bytes(mutate_bytes(source.read_bytes(), rng))
    elif how < 0.75:
        face = base / "a.avatar"
        source, audio = audio, folder / "in" / "a.wav"
        audio.write_bytes(mutate_bytes(source.read_bytes(), rng))
    else:
        face = base / "a.avatar"
        names = ("rate", "block", "motion", "idle_mouth", "save", "checkpoint", "device", "camera")
        words = [f"--{rng.choice(names)}={rng.choice(TEXTS)}"]
    return Case("live", ["--audio", str(audio), "--output", "out/o.mp4", *words, "--", str(face)])


def server(base: Path, folder: Path, rng: Random) -> Case:
    """Odd values for a server. Its port is in use, so that it ends where it would begin to serve."""
    options = {
        *("allowed_host", "token_file", "checkpoint", "device", "workers", "idle_mouth"),
        *("tts_command", "evaluations", "upload_mb", "audio_seconds", "text_characters", "pixels"),
        *("job_seconds", "personal_minutes", "queue", "per_client", "keep_hours", "keep_jobs"),
        *("event_streams", "live_sessions", "live_seconds"),
    }
    words = [f"--{name}={rng.choice(TEXTS)}" for name in rng.sample(sorted(options), 2)]
    if rng.random() < 0.3:
        path = folder / "in" / "tokens"
        path.write_bytes(mutate_bytes(b"# clients\n0123456789abcdef\nfedcba9876543210\n", rng))
        words.append(f"--token_file={path}")
    if rng.random() < 0.2:
        words.append(f"--host={rng.choice(TEXTS)}")
    port = str(_used_port().getsockname()[1])
    given = ["--folder", "out/server", *words, "--port", port]
    return Case("serve", given, codes=(2,), leaves=("**/*",))


@cache
def _used_port() -> socket.socket:
    """A socket that listens on all addresses of this machine, so that nobody else can."""
    return socket.create_server(("0.0.0.0", 0))


def run_folder(base: Path, folder: Path, rng: Random) -> Case:
    """A folder of runs with damaged curves or a damaged config."""
    runs = folder / "in" / "runs"
    curves = "step,train/loss,val/loss,val/sync\n0,,0.9,0.1\n10,0.5,0.6,0.2\n20,0.4,0.5,\n"
    config = "experiment_name: full\nseed: 1\ndata:\n  manifests: [clips]\n"
    for seed in (1, 2):
        for name, text in (("curves/metrics.csv", curves), ("hydra/config.yaml", config)):
            path = runs / f"seed-{seed}" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
    run = runs / f"seed-{rng.choice((1, 2))}"
    if rng.random() < 0.6:
        (run / "curves" / "metrics.csv").write_bytes(mutate_table(curves, rng))
    elif rng.random() < 0.5:
        lines = config.splitlines()
        at = rng.randrange(len(lines))
        lines[at] = (
            f"{lines[at].partition(':')[0]}: {rng.choice((*TEXTS, '*a', '&a [*a]', '!!map', '- -'))}"
        )
        (run / "hydra" / "config.yaml").write_text("\n".join(lines))
    else:
        (run / "hydra" / "config.yaml").write_bytes(mutate_bytes(config.encode(), rng))
    words = rng.choice(([], ["--metric", "val/sync"], ["--choose", "val/sync"]))
    return Case("ablations", [str(runs), "--output", "out", *words])


KINDS: dict[str, Callable[[Path, Path, Random], Case]] = {
    kind.__name__: kind
    for kind in (
        media,
        timeline,
        wav,
        checkpoint,
        clip,
        manifest,
        table,
        setting,
        run_folder,
        person,
        live,
        server,
    )
}
WEIGHTS = {
    "media": 6,
    "timeline": 2,
    "wav": 1,
    "checkpoint": 4,
    "clip": 2,
    "manifest": 2,
    "run_folder": 1,
    "person": 1,
    "live": 1,
    "server": 1,
}


def _kind_of(rng: Random) -> str:
    names = list(KINDS)
    (name,) = rng.choices(names, [WEIGHTS.get(name, 3) for name in names])
    return name


def each_kind(seed: int, count: int) -> list[int]:
    """Return the numbers of the first `count` cases of every kind."""
    found: dict[str, list[int]] = {name: [] for name in KINDS}
    index = 0
    while any(len(numbers) < count for numbers in found.values()):
        numbers = found[_kind_of(Random(f"{seed}:{index}"))]
        numbers += [index] if len(numbers) < count else []
        index += 1
    return sorted(index for numbers in found.values() for index in numbers)


def make_case(base: Path, folder: Path, seed: int, index: int) -> tuple[str, Case]:
    """Write the files of a case into `folder/in` and return its kind and command line."""
    rng = Random(f"{seed}:{index}")
    name = _kind_of(rng)
    (folder / "in").mkdir(parents=True)
    return name, KINDS[name](base, folder, rng)


assert VALUES
