"""The engines side by side: processor time per face, in turn. `benchmarks/infer.py --engine` calls it."""

import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import torch

from wav2lip.checkpoints.onnx_export import export_in_memory
from wav2lip.checkpoints.open import open_checkpoint
from wav2lip.engines import MeshEngine, build_engine
from wav2lip.engines.choose import ONNXRUNTIME, OPENVINO
from wav2lip.inference.threads import one_torch_thread
from wav2lip.models import Generator, MeshGenerator

EAGER_BATCH = 32  # faces of the plain forward; the published script takes 128
SECOND = 80  # mel columns
FRAMES = 25  # patches per second of sound
TIMES = 3  # calls per measurement

Work = Callable[[], int]  # renders some faces and returns their number


def _eager(network: torch.nn.Module) -> Work:
    """The plain forward of a network as it is trained."""
    rng = torch.Generator().manual_seed(0)

    @torch.inference_mode()
    def crops() -> int:
        mel = torch.randn(EAGER_BATCH, 1, 80, 16, generator=rng)
        network(mel, torch.rand(EAGER_BATCH, 6, network.image_size, network.image_size))
        return EAGER_BATCH

    @torch.inference_mode()
    def mesh() -> int:
        network.motion(torch.randn(1, network.motion.channels, SECOND))
        masks = torch.rand(FRAMES, 6, 72, 96), torch.rand(FRAMES, 2, 72, 96)
        network.inpainter(torch.rand(FRAMES, 7, 3, 72, 96), *masks)
        return FRAMES

    return mesh if isinstance(network, MeshGenerator) else crops


def _of_engine(engine: object) -> Work:
    """What a worker of the renderer does, on one thread."""
    rng = np.random.default_rng(0)
    if isinstance(engine, MeshEngine):
        audio = rng.uniform(-4, 4, (engine.channels, SECOND)).astype(np.float32)
        batch = engine.max_batch
        colours = rng.integers(0, 256, (batch, 7, 72, 96, 3), np.uint8)
        inside, shape = (rng.random((batch, n, 72, 96), np.float32) for n in (6, 2))

        def mesh() -> int:
            engine.motion(audio)
            for _ in range(FRAMES // batch):
                engine.inpaint(colours, inside, shape)
            return FRAMES // batch * batch

        return mesh
    size, batch = engine.image_size, engine.max_batch
    crops = list(rng.integers(0, 256, (batch, size, size, 3), np.uint8))
    mels = rng.normal(size=(batch, 80, 16)).astype(np.float32)

    def faces() -> int:
        return len(engine.render(crops, mels, neutral_reference=False))

    return faces


def engine_table(checkpoint: Path | str, exported: list[Path], rounds: int) -> None:
    """Print a table of all engines that are installed.

    Args:
        checkpoint: of torch; the others run it in float32.
        exported: further ONNX files of the same generator, such as int8.
        rounds: of all engines, alternating; the best of each counts.
    """
    loaded = open_checkpoint(checkpoint, "generator", exported_first=False)
    assert isinstance(loaded.network, Generator | MeshGenerator)
    works = {f"torch {torch.__version__}, plain forward": _eager(loaded.network)}
    networks = [loaded, export_in_memory(loaded)]
    networks += [open_checkpoint(path, "generator") for path in exported]
    names = [name for name in (ONNXRUNTIME, OPENVINO) if find_spec(name)]
    for network in networks:
        for name in ["torch"] if network is loaded else names:
            engine, _ = build_engine(network, name, device="cpu")
            works[engine.description] = _of_engine(engine)
    best = dict.fromkeys(works, float("inf"))
    with one_torch_thread():
        for _ in range(rounds):
            for name, work in works.items():
                work()
                start = time.process_time()
                faces = sum(work() for _ in range(TIMES))
                best[name] = min(best[name], (time.process_time() - start) / faces)
    plain = next(iter(best.values()))
    print("engine                                               ms of processor per face   ratio")
    for name, seconds in best.items():
        print(f"{name:52} {1000 * seconds:24.2f} {plain / seconds:7.2f}")
