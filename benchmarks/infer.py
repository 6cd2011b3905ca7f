"""Measure the speed of inference and the share of each stage.

    python benchmarks/infer.py                    one minute of 1280x720 at 29.97 fps, full-size network
    python benchmarks/infer.py --seconds 10 --checkpoint default
    python benchmarks/infer.py --memory           peak memory of 1 and of 10 minutes
    python benchmarks/infer.py --engine [FILE.onnx ...]   the generator alone with each engine that is installed

Prints (1) a whole run: frames per second, the share of each stage, and memory, and (2) the generator
alone: the eager forward at batch 128 and the one that inference uses, alternating. Compare processor
times on a machine that does other work; wall times mean little there.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import torch
from engines import engine_table
from skimage import data

from wav2lip.checkpoints import build_network, load_network, save_network
from wav2lip.engines import TorchEngine
from wav2lip.faces.tracked_frame import TrackedFrame
from wav2lip.inference.lip_syncer import LipSyncer
from wav2lip.inference.renderer import FaceRenderer
from wav2lip.inference.report import Report
from wav2lip.inference.settings import Settings
from wav2lip.media.alignment import MelArray
from wav2lip.media.colour import BT709
from wav2lip.media.pcm import write_wav
from wav2lip.media.picture import Picture
from wav2lip.media.video import Frame, VideoWriter
from wav2lip.models import Generator
from wav2lip.utils.platform import cpu_count

SIZE = (1280, 720)  # px
FPS = Fraction(30000, 1001)
PUBLISHED_BATCH = 128
FULL_SIZE = {"_target_": "wav2lip.models.Generator"}
FULL_METADATA = {"mel_offset_frames": 0, "fps": 25, "image_size": 96}


def make_video(path: Path, seconds: float) -> None:
    """The astronaut (public domain) at 1280x720, with the head motion of a speaker and camera noise."""
    rng = np.random.default_rng(0)
    picture = cv2.resize(data.astronaut()[:288, :, ::-1], SIZE, interpolation=cv2.INTER_CUBIC)
    noise = rng.normal(0, 1, (8, SIZE[1], SIZE[0], 3)).astype(np.float32)
    with VideoWriter(path, *SIZE, FPS, crf=20) as writer:
        for i in range(round(seconds * FPS)):
            t = float(i / FPS)
            move = np.array([[1, 0, 12 * np.sin(1.3 * t)], [0, 1, 6 * np.sin(2.1 * t)]])
            moved = cv2.warpAffine(picture, move, SIZE, borderMode=cv2.BORDER_REFLECT)
            noisy = np.clip(moved + noise[i % len(noise)], 0, 255)
            writer.write(noisy.astype(np.uint8), t)


def make_sound(path: Path, seconds: float) -> None:
    """A tone whose level rises and falls three times per second."""
    t = np.arange(round(seconds * 16000)) / 16000
    tone = np.sin(880 * t) * np.abs(np.sin(10 * t)) * 12000
    write_wav(path, tone.astype(np.int16))


def measure(work: Callable[[], int]) -> tuple[float, float]:
    """Frames per second and processor milliseconds per frame of `work`, which returns its number of frames."""
    wall, processor = time.perf_counter(), time.process_time()
    frames = work()
    wall, processor = time.perf_counter() - wall, time.process_time() - processor
    return frames / wall, 1000 * processor / frames


def generator_alone(checkpoint: Path | str, device: str, rounds: int) -> tuple[float, float]:
    """Print the eager forward against ours; return frames per second and processor ms per frame of ours."""
    network = load_network(checkpoint, "generator").network.to(device)
    size = network.image_size
    renderer = FaceRenderer(TorchEngine(network, device), PUBLISHED_BATCH)
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (PUBLISHED_BATCH, size, size, 3), np.uint8)
    box = np.array([0, 0, size, size], np.float32)
    items = [
        TrackedFrame.of_boxes(Frame(Picture.of(image, BT709), i / 25, i), [box])
        for i, image in enumerate(images)
    ]
    mel = MelArray(rng.normal(size=(80, 600)).astype(np.float32))
    face = torch.rand(PUBLISHED_BATCH, 6, size, size, device=device)
    windows = torch.randn(PUBLISHED_BATCH, 1, 80, 16, device=device)

    @torch.inference_mode()
    def eager() -> int:
        for _ in range(2 if renderer.neutral_reference else 1):  # neutral, then speaking
            network(windows, face)[0, 0, 0, 0].item()
        return PUBLISHED_BATCH

    def ours() -> int:
        return sum(len(faces) for _, faces in renderer(iter(items), mel))

    results: dict[str, list[tuple[float, float]]] = {"eager": [], "ours": []}
    for _ in range(rounds):
        results["eager"].append(measure(eager))
        results["ours"].append(measure(ours))
    best = {name: (max(r[0] for r in v), min(r[1] for r in v)) for name, v in results.items()}
    print("generator alone          frames/s   processor ms/frame")
    print(
        f"  eager, batch {PUBLISHED_BATCH}      {best['eager'][0]:9.2f}  {best['eager'][1]:10.1f}"
    )
    print(
        f"  infer.py, batch {renderer.batch:<3}    {best['ours'][0]:9.2f}  {best['ours'][1]:10.1f}"
    )
    print(
        f"  ratio                {best['ours'][0] / best['eager'][0]:9.2f}  "
        f"{best['eager'][1] / best['ours'][1]:10.2f}"
    )
    return best["ours"]


def whole_run(
    checkpoint: Path | str, device: str, face: Path | None, folder: Path, seconds: float
) -> tuple[Report, float]:
    """Run inference; return its report and processor milliseconds per frame."""
    sound = folder / "sound.wav"
    make_sound(sound, seconds)
    if face is None:
        face = folder / "face.mp4"
        make_video(face, seconds)
    syncer = LipSyncer.from_checkpoint(checkpoint, device, Settings(cache=False))
    began = time.process_time()
    report = syncer(face, sound, folder / "out.mp4")
    return report, 1000 * (time.process_time() - began) / report.frames


def show(report: Report, processor: float, alone: tuple[float, float] | None) -> None:
    """Print a run's speed, its stages and its memory."""
    rate = report.frames / report.seconds
    print(
        f"whole run: {report.frames} frames of {report.width}x{report.height}, {report.fps:.2f} fps"
    )
    print(f"  {rate:.2f} frames/s, {rate / report.fps:.2f} x real time")
    print(f"  {processor:.1f} ms of processor time per frame")
    if alone is not None:
        print(f"  {rate / alone[0]:.2f} of the generator alone by the clock")
        print(f"  {alone[1] / processor:.2f} of it by processor time")
    print("  stage         ms/frame at work   % of the run   processor ms/frame      %")
    for stage, busy in report.stage_seconds.items():
        own = 1000 * report.stage_processor_seconds[stage] / report.frames
        print(
            f"  {stage:9} {1000 * busy / report.frames:20.2f} {100 * busy / report.seconds:14.1f} "
            f"{own:20.2f} {100 * own / processor:6.1f}"
        )
    print(f"  {report.frames_with_face} frames with a face, by {report.detector}")
    print(f"  peak memory {report.peak_memory_bytes / 2**20:.0f} MiB, of the run")


def peak(face: Path, checkpoint: Path | str, seconds: float, folder: Path) -> int:
    """Bytes that infer.py holds at most, in a process of its own."""
    sound, report = folder / "sound.wav", folder / "report.json"
    make_sound(sound, seconds)
    words = ["--face", face, "--audio", sound, "--output", folder / "out.mp4", "--nocache"]
    words += ["--checkpoint", checkpoint, "--report", report, "--device", "cpu"]
    script = Path(__file__).resolve().parents[1] / "infer.py"
    subprocess.run([sys.executable, str(script), *map(str, words)], check=True)
    return int(json.loads(report.read_text())["peak_memory_bytes"])


def memory(face: Path | None, checkpoint: Path | str, folder: Path, lengths: list[float]) -> None:
    """Print the peak memory of runs of these lengths, in seconds, on one video of the longest."""
    if face is None:
        face = folder / "face.mp4"
        make_video(face, max(lengths))
    peaks = []
    for seconds in lengths:
        peaks.append(peak(face, checkpoint, seconds, folder))
        print(f"{seconds:6.0f} s: peak memory {peaks[-1] / 2**20:.0f} MiB", flush=True)
    print(f"the longest to the shortest: {peaks[-1] / peaks[0]:.3f}")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=60, help="of video (default: 60)")
    parser.add_argument("--checkpoint", help="default: a full-size network with random weights")
    parser.add_argument("--face", type=Path, help="a video instead of the one made here")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--rounds", type=int, default=3, help="of the generator alone (default: 3)")
    parser.add_argument(
        "--memory",
        type=float,
        nargs="*",
        metavar="SECONDS",
        help="measure peak memory instead, of runs of these lengths (default: 60 600)",
    )
    parser.add_argument(
        "--engine",
        type=Path,
        nargs="*",
        metavar="FILE",
        help="compare the engines instead, and with them these exported files",
    )
    args = parser.parse_args()
    cv2.setNumThreads(1)  # as infer.py does
    print(f"{args.device}, {cpu_count()} cores, torch {torch.__version__}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        checkpoint = args.checkpoint
        if checkpoint is None:
            checkpoint = folder / "full.safetensors"
            torch.manual_seed(0)
            save_network(checkpoint, build_network(FULL_SIZE), FULL_SIZE, FULL_METADATA)
        if args.engine is not None:
            engine_table(checkpoint, args.engine, args.rounds)
            return
        if args.memory is not None:
            memory(args.face, checkpoint, folder, args.memory or [60, 600])
            return
        # The run comes first: the eager forward takes gigabytes that are not the run's.
        report, processor = whole_run(checkpoint, args.device, args.face, folder, args.seconds)
        crops = isinstance(load_network(checkpoint, "generator").network, Generator)
        alone = generator_alone(checkpoint, args.device, args.rounds) if crops else None
        show(report, processor, alone)


if __name__ == "__main__":
    main()
