"""What `benchmarks/gpu.py` checks of inference: engines and whole runs against the CPU, and their speed."""

import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import torch
from gpu_checks import CheckError, Checks, at_least, psnr
from torch import nn

from wav2lip.checkpoints import load_network
from wav2lip.checkpoints.bundled import GENERATOR
from wav2lip.checkpoints.exported import load_exported
from wav2lip.engines import TorchEngine, build_engine
from wav2lip.engines.onnxruntime_runtime import has_provider
from wav2lip.inference.lip_syncer import LipSyncer
from wav2lip.inference.settings import Settings
from wav2lip.media.audio import load_wav
from wav2lip.models import Generator
from wav2lip.types import SAMPLE_RATE, Image

DATA = Path(__file__).resolve().parents[1] / "data"
# Smallest PSNR to fp32 on the CPU, in dB. TF32 and fp16 have 10 bits behind the point, bf16 has 7.
FRAMES_DB, MESH_DB = 40.0, 45.0
FP32_DB, HALF_DB, BF16_DB = 50.0, 50.0, 35.0  # of crops, whose faces have a standard deviation of 7


def smooth_pictures(count: int, size: int) -> list[Image]:
    """Pictures (size, size, 3) uint8 without the detail of noise."""
    rng = np.random.default_rng(0)
    return [
        cv2.resize(rng.integers(0, 256, (6, 6, 3), np.uint8), (size, size), interpolation=cv2.INTER_CUBIC)
        for _ in range(count)
    ]  # fmt: skip


def check_frames(checks: Checks) -> None:
    """The same frames on the device as on the CPU, with the bundled generator as `infer` runs it."""
    wav = load_wav(DATA / "speech.wav")[: SAMPLE_RATE // 2 if checks.quick else None]
    settings = Settings(cache=False, mute_pauses=False)

    def render(device: str) -> tuple[LipSyncer, list[Image], float]:
        syncer = LipSyncer.from_checkpoint("default", device, settings)
        face = DATA / "astronaut.jpg"
        if checks.on_gpu:  # kernels are chosen and loaded
            list(syncer.frames(face, wav[:6400], sample_rate=SAMPLE_RATE))
        began = time.perf_counter()
        frames = [f.image for f in syncer.frames(face, wav, sample_rate=SAMPLE_RATE)]
        return syncer, frames, len(frames) / (time.perf_counter() - began)

    truth, _, slow = [], None, 0.0

    def on_cpu() -> str:
        nonlocal slow
        syncer, frames, slow = render("cpu")
        truth.extend(frames)
        return f"{slow:.1f} frames/s, {syncer.engine}"

    def on_device() -> str:
        syncer, frames, fast = render(str(checks.device))
        if torch.device(syncer.device).type != checks.device.type:
            raise CheckError(f"ran on the {syncer.device}, {syncer.engine}")
        text = at_least(psnr(frames, truth), FRAMES_DB)
        return f"{fast:.1f} frames/s, {fast / slow:.2f} of the CPU's; {text}; {syncer.engine}"

    checks.run("infer on the CPU", on_cpu)
    checks.run(f"infer on {checks.device}", on_device)


def random_generator(width: float) -> Generator:
    """A generator with random weights whose faces are not all grey."""
    torch.manual_seed(0)
    network = Generator(width=width).eval()
    last = [m for m in network.output_block if isinstance(m, nn.Conv2d)][-1]
    nn.init.normal_(last.weight, std=0.5)
    return network


def check_crops(checks: Checks) -> None:
    """A generator of crops in each precision: its faces against those of the CPU, and its speed."""
    network = random_generator(0.25 if checks.quick else 1.0)
    few, batch = (2, 2) if checks.quick else (8, 64)
    crops = smooth_pictures(batch, network.image_size)
    mels = np.random.default_rng(0).normal(size=(batch, 80, 16)).astype(np.float32)
    truth = TorchEngine(network, "cpu").render(crops[:few], mels[:few])

    def variant(dtype: torch.dtype, limit: float, tf32: bool, tried: bool) -> Callable[[], str]:
        def check() -> str:
            before = torch.backends.cudnn.allow_tf32, torch.backends.cudnn.benchmark
            torch.backends.cudnn.allow_tf32, torch.backends.cudnn.benchmark = tf32, tried
            try:
                engine = TorchEngine(network, checks.device)
                engine.dtype = dtype
                engine.network.to(dtype)
                text = at_least(psnr(engine.render(crops[:few], mels[:few]), truth), limit)
                speed = checks.rate(lambda: engine.render(crops, mels), batch)
            finally:
                torch.backends.cudnn.allow_tf32, torch.backends.cudnn.benchmark = before
            return f"{speed:.0f} faces/s at batch {batch}; {text}; std of the faces {np.std(np.stack(truth)):.0f}"

        return check

    kinds = {"fp32": (torch.float32, FP32_DB, True, False)}
    kinds["bf16"] = (torch.bfloat16, BF16_DB, True, False)
    if checks.on_gpu:
        kinds["fp32 without TF32"] = (torch.float32, FP32_DB, False, False)
        kinds["fp16, as infer"] = (torch.float16, HALF_DB, True, False)
        kinds["fp16, cudnn.benchmark"] = (torch.float16, HALF_DB, True, True)
    for name, arguments in kinds.items():
        checks.run(f"crops, {name}", variant(*arguments))


def check_mesh(checks: Checks) -> None:
    """The two networks of the bundled generator with each engine of the device."""
    file = load_exported(GENERATOR.with_suffix(".onnx"), "generator")
    loaded = load_network(GENERATOR, "generator")
    truth, _ = build_engine(loaded, "torch", device="cpu")
    rng = np.random.default_rng(0)
    sound = rng.normal(size=(truth.channels, 320)).astype(np.float32)
    batch = 4 if checks.quick else 64
    colours = np.stack(smooth_pictures(batch * 7, 96))[:, :72].reshape(batch, 7, 72, 96, 3)
    masks = [rng.random((batch, n, 72, 96), np.float32) for n in (6, 2)]

    def check(name: str) -> str:
        engine, warnings = build_engine(
            loaded if name == "torch" else file, name, device=str(checks.device)
        )
        motion, expected = engine.motion(sound), truth.motion(sound)
        apart = float(np.abs(motion - expected).max() / np.abs(expected).max())
        pairs = zip(engine.inpaint(colours, *masks), truth.inpaint(colours, *masks), strict=True)
        found = min(psnr([one], [other], peak=1.0) for one, other in pairs)
        if apart > 0.02 or warnings:
            raise CheckError(f"the motion is off by {apart:.2%} of its largest value; {warnings}")
        text = at_least(found, MESH_DB)
        speed = checks.rate(lambda: engine.inpaint(colours, *masks), batch)
        return f"{speed:.0f} mouths/s at batch {batch}; {text}; motion off by {apart:.2%}; {engine.description}"

    checks.run("mesh, torch", lambda: check("torch"))
    if has_provider(str(checks.device)):
        checks.run("mesh, onnxruntime", lambda: check("onnxruntime"))
    else:
        print(f"left out: mesh, onnxruntime, whose build has no provider for {checks.device}")


def show_copies(checks: Checks) -> None:
    """Print what pinned memory would gain; nothing is checked."""
    if checks.device.type != "cuda":
        return
    pixels = torch.from_numpy(np.stack(smooth_pictures(64, 96)))
    pinned = pixels.pin_memory()
    ways = {
        "unpinned": lambda: pixels.to(checks.device),
        "pinned for each copy": lambda: pixels.pin_memory().to(checks.device, non_blocking=True),
        "pinned before": lambda: pinned.to(checks.device, non_blocking=True),
    }
    for name, copy in ways.items():
        checks.run(
            f"copy of 64 crops, {name}", lambda copy=copy: f"{1e6 / checks.rate(copy, 1):.0f} us"
        )
