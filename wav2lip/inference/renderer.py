"""Render faces frame by frame, in batches that fit the machine."""

import math
from collections.abc import Iterator
from functools import partial

from wav2lip.engines.engine import Engine
from wav2lip.faces.blending import paste_face
from wav2lip.faces.crops import Crop, cut_face
from wav2lip.faces.face_mask import FaceMask
from wav2lip.faces.tracked_frame import TrackedFrame
from wav2lip.inference.batch_pool import run_batches
from wav2lip.inference.face_locator import FaceLocator
from wav2lip.inference.pipeline import StageTiming
from wav2lip.inference.settings import Settings
from wav2lip.inference.sources import FrameSource
from wav2lip.media.alignment import MelSource
from wav2lip.media.picture import Picture
from wav2lip.types import N_MELS, Image, Mel
from wav2lip.utils.platform import cpu_count

MAX_EMPTY_BATCHES = 2  # batches' worth of frames without a face that may gather
MAX_UPSCALE = 6  # times the network's size; larger faces are rendered at that
GPU_WORKERS = 2  # one cuts out faces while the other waits for the GPU
SLACK = 0.25  # of the network's size; a face at most this much above a multiple of it shrinks to it

RenderedFaces = tuple[TrackedFrame, list[Image]]  # a frame and one (R, R, 3) BGR per face


class FaceRenderer:
    """Iterator of located faces -> iterator of rendered faces, in the same order.

    Args:
        engine: the generator, ready to run.
        batch_size: faces per call; the engine's `max_batch` if that is smaller.
        offset: seconds from a frame to the start of its mel window.
        blend: how faces are pasted, see `paste_face`.
        neutral_reference: render each face in silence first and take that as its reference, if the generator warps.

    Attributes:
        channels: 80, the mel.
        needs_landmarks: False; faces are rendered from crops.
        mutes_pauses: whether the generator holds the mouth still in pauses that are muted.
        timing: of the last run; seconds are the sum over workers divided by their number.
    """

    channels = N_MELS
    needs_landmarks = False

    def __init__(
        self,
        engine: Engine,
        batch_size: int = 128,
        *,
        offset: float = 0.0,
        blend: str = "feather",
        neutral_reference: bool = True,
    ) -> None:
        self.engine = engine
        self.offset = offset
        self.blend = blend
        self.mutes_pauses = engine.warps
        self.batch = min(batch_size, engine.max_batch)
        self.neutral_reference = neutral_reference and engine.warps
        self.timing = StageTiming()

    def render(self, crops: list[Image], mels: Mel) -> list[Image]:
        """Render B crops (R, R, 3) with mel windows (B, 80, 16); see `Engine.render`."""
        return self.engine.render(crops, mels, neutral_reference=self.neutral_reference)

    def _cut(self, located: TrackedFrame, crop: Crop) -> Image:
        """Cut out a face, at its own resolution as far as the generator can render it."""
        times = 1
        if self.engine.warps:
            side = max(crop.width, crop.height)
            times = math.ceil(side / self.engine.image_size - SLACK)
            times = max(1, min(times, MAX_UPSCALE))
        return cut_face(located.frame.picture, crop, times * self.engine.image_size)

    def study(self, source: FrameSource, locate: FaceLocator, settings: Settings) -> float:
        """Read nothing: a crop holds all that the generator needs."""
        return 0.0

    def paste(self, located: TrackedFrame, faces: list[Image]) -> Picture:
        """Paste the rendered mouths of a frame back into it."""
        picture = located.frame.picture
        for image, face in zip(faces, located.faces, strict=True):
            picture = paste_face(picture, image, face.crop, self.blend, face.mask or FaceMask())
        return picture

    def __call__(self, located: Iterator[TrackedFrame], mel: MelSource) -> Iterator[RenderedFaces]:
        """Render all faces of a video.

        Holds at most two batches more than there are workers.

        Args:
            located: frames with their faces.
            mel: the whole audio.

        Yields:
            Each frame and its faces, in the order of the frames.
        """
        self.timing = StageTiming()
        render = partial(self._render_batch, mel=mel)
        batches = self._batches(located)
        workers = cpu_count() if self.engine.on_cpu else GPU_WORKERS
        yield from run_batches(batches, render, self.timing, workers=workers)

    def _batches(self, located: Iterator[TrackedFrame]) -> Iterator[list[TrackedFrame]]:
        frames: list[TrackedFrame] = []
        faces = 0
        for frame in located:
            frames.append(frame)
            faces += len(frame.faces)
            if faces >= self.batch or len(frames) >= MAX_EMPTY_BATCHES * self.batch:
                yield frames
                frames, faces = [], 0
        if frames:
            yield frames

    def _render_batch(self, frames: list[TrackedFrame], mel: MelSource) -> list[RenderedFaces]:
        """Render the faces of some frames."""
        crops = [self._cut(frame, crop) for frame in frames for crop in frame.crops]
        times = [frame.frame.time + self.offset for frame in frames for _ in frame.faces]
        faces: list[Image] = []
        for first in range(0, len(crops), self.batch):
            part = slice(first, first + self.batch)
            faces += self.render(crops[part], mel.windows(times[part]))
        results, first = [], 0
        for frame in frames:
            results.append((frame, faces[first : first + len(frame.faces)]))
            first += len(frame.faces)
        return results
