"""Run the generator over faces and sound, in batches that fit the machine."""

import math
import time
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from wav2lip.engines.fuse_bn import fuse_batch_norms
from wav2lip.faces.crops import crop_coded
from wav2lip.inference.face_locator import Located
from wav2lip.inference.pipeline import StageTiming
from wav2lip.media.alignment import MelSource
from wav2lip.models import Generator
from wav2lip.models.generator import mask_lower_half
from wav2lip.utils.platform import cpu_count

CPU_BATCH = 8  # faces; activations of more do not fit a core's cache
GPU_BATCH = 64
IDLE_FRAMES = 2  # batches; frames without a face that may gather before they are passed on
MOST_DETAIL = 6  # times the network's size; larger faces are drawn at that
SPARE = 0.25  # of the network's size; a face so little above a multiple of it is shrunk to that

Image = NDArray[np.uint8]


@dataclass
class Drawn:
    """A frame, its faces' places and what the generator drew for each."""

    located: Located
    drawn: list[Image]  # (R, R, 3) BGR, one a box


class FaceRenderer:
    """Iterator of `Located` -> iterator of `Drawn`, in the same order.

    network: takes mel (B, 1, 80, 16) and face (B, 6, S, S), gives (B, 3, S, S) in [0, 1].
    neutral_reference: where the network moves the reference's pixels, it draws every face saying nothing first and
        that picture then saying the sound: else the mouth that the source has shows through.
    mel: the sound. offset: seconds that a frame's mel window starts after the frame.

    On a CPU each worker runs whole batches on one thread: no core waits for another inside a
    layer, and what decoding and encoding leave free is used.
    """

    def __init__(
        self,
        network: nn.Module,
        image_size: int,
        device: torch.device,
        batch_size: int,
        neutral_reference: bool = True,
    ) -> None:
        self.size, self.device = image_size, device
        on_cpu = device.type == "cpu"
        self.batch = min(batch_size, CPU_BATCH if on_cpu else GPU_BATCH)
        self.dtype = torch.float32 if on_cpu else torch.float16
        self.workers = cpu_count() if on_cpu else 1
        self.work = StageTiming()  # of the last run: seconds are the workers' over their number
        folded = fuse_batch_norms(network).to(device, self.dtype)
        self._network = folded.to(memory_format=torch.channels_last)
        warps = isinstance(self._network, Generator) and self._network.composition is not None
        self._warping = cast("Generator", self._network) if warps else None
        self.neutral_reference = neutral_reference and warps

    @torch.inference_mode()
    def generate(self, crops: list[Image], mels: NDArray[np.float32]) -> list[Image]:
        """Crops (R, R, 3) BGR, each R a multiple of S, and mel windows (B, 80, 16) -> faces.

        As published, the crop is its own reference and its lower half is hidden. A network that
        moves the reference's pixels moves those of the crop as it is: (R, R, 3); another one draws
        (S, S, 3).
        """
        reference = self._tensor(np.stack([self._small(crop) for crop in crops]))
        mel = torch.from_numpy(mels)[:, None].to(self.device, self.dtype)
        if self._warping is None:
            return list(self._pixels(self._network(mel, self._face(reference))))
        network, composition = self._warping, self._warping.composition
        assert composition is not None
        neutral, calm = None, reference
        if self.neutral_reference:
            # A still shows one face again and again (several on it take turns, and are drawn each time).
            shown = reference[:1] if (reference == reference[:1]).all() else reference
            neutral, calm = (
                part.expand(len(reference), -1, -1, -1) for part in network.neutralize(shown)
            )
        maps = network.maps(network.audio_encoder(mel), self._face(calm))
        layers = composition.layers(maps, calm)
        if neutral is not None:
            layers = composition.after(neutral, layers)
        drawn = []
        for i, crop in enumerate(crops):
            lower = composition.show(layers[i : i + 1], self._tensor(crop[None]))
            half = len(crop) // 2
            drawn.append(np.concatenate([crop[:half], self._pixels(lower)[0]]))
        return drawn

    @staticmethod
    def _face(reference: Tensor) -> Tensor:
        """References (B, 3, S, S) under themselves with their lower halves hidden: (B, 6, S, S)."""
        face = torch.cat([mask_lower_half(reference), reference], dim=1)
        return face.contiguous(memory_format=torch.channels_last)

    def _small(self, crop: Image) -> Image:
        """The crop at the network's size."""
        if len(crop) == self.size:
            return crop
        size = (self.size, self.size)
        return np.asarray(cv2.resize(crop, size, interpolation=cv2.INTER_AREA), np.uint8)

    def _tensor(self, crops: Image) -> Tensor:
        """(B, R, R, 3) uint8 -> (B, 3, R, R) in [0, 1], channels last in memory."""
        pixels = torch.from_numpy(crops).to(self.device).permute(0, 3, 1, 2)
        return pixels.to(self.dtype) / 255

    @staticmethod
    def _pixels(faces: Tensor) -> Image:
        """(B, 3, H, W) in [0, 1] -> (B, H, W, 3) uint8."""
        pixels = (faces.float() * 255).round_().clamp_(0, 255).to(torch.uint8)
        result: Image = pixels.permute(0, 2, 3, 1).contiguous().cpu().numpy()
        return result

    def _crop(self, located: Located, box: NDArray[np.float32]) -> Image:
        """The face, in the detail that there is where the network can draw it."""
        times = 1
        if self._warping is not None:
            side = float(max(box[2] - box[0], box[3] - box[1]))
            times = max(1, min(math.ceil(side / self.size - SPARE), MOST_DETAIL))
        return crop_coded(located.frame.picture, box, times * self.size)

    def __call__(
        self, located: Iterator[Located], mel: MelSource, offset: float
    ) -> Iterator[Drawn]:
        """Holds back at most two batches more than there are workers."""
        threads = torch.get_num_threads()
        if self.device.type == "cpu":
            torch.set_num_threads(1)
        # A worker's first layer may be one that does not ask for the number of threads set above.
        pool = ThreadPoolExecutor(
            self.workers, "wav2lip-draw", torch.set_num_threads, (torch.get_num_threads(),)
        )
        running: deque[Future[tuple[list[Drawn], StageTiming]]] = deque()
        self.work = StageTiming()

        def first() -> list[Drawn]:
            results, work = running.popleft().result()
            self.work.seconds += work.seconds / self.workers
            self.work.processor_seconds += work.processor_seconds
            return results

        try:
            for items in self._batches(located):
                running.append(pool.submit(self._draw, items, mel, offset))
                if len(running) > self.workers:
                    yield from first()
            while running:
                yield from first()
        finally:
            pool.shutdown(cancel_futures=True)
            torch.set_num_threads(threads)

    def _batches(self, located: Iterator[Located]) -> Iterator[list[Located]]:
        items: list[Located] = []
        faces = 0
        for item in located:
            items.append(item)
            faces += len(item.boxes)
            if faces >= self.batch or len(items) >= IDLE_FRAMES * self.batch:
                yield items
                items, faces = [], 0
        if items:
            yield items

    def _draw(
        self, items: list[Located], mel: MelSource, offset: float
    ) -> tuple[list[Drawn], StageTiming]:
        """The batch, and what it took."""
        start, processor = time.perf_counter(), time.thread_time()
        crops = [self._crop(item, box) for item in items for box in item.boxes]
        times = [item.frame.time + offset for item in items for _ in item.boxes]
        drawn: list[Image] = []
        for at in range(0, len(crops), self.batch):
            windows = mel.windows(times[at : at + self.batch])
            drawn += self.generate(crops[at : at + self.batch], windows)
        results, at = [], 0
        for item in items:
            results.append(Drawn(item, drawn[at : at + len(item.boxes)]))
            at += len(item.boxes)
        return results, StageTiming(time.perf_counter() - start, time.thread_time() - processor)
