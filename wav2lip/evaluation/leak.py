"""Run a generator four times on one face, to measure whether its mouth follows the sound."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from torch import Tensor

from wav2lip.errors import InputError
from wav2lip.evaluation.face_crops import FACE_SIZE, longest_run
from wav2lip.evaluation.judge import LoadedJudge
from wav2lip.evaluation.scorer import CONTROL_SHIFT
from wav2lip.faces.crops import Crop, cut_face
from wav2lip.media.frame import Frame
from wav2lip.media.pcm import temporary_wav
from wav2lip.metrics.leak import LeakProbe, ProbeEmbeddings, leak_probe, response
from wav2lip.metrics.lse import Padding, Windows, window_count
from wav2lip.preprocessing.retiming import retime_frames
from wav2lip.types import FPS, MAX_SHIFT, SAMPLES_PER_FRAME, WINDOW_FRAMES, Image, Pcm

MIN_FRAMES = MAX_SHIFT + WINDOW_FRAMES + 1  # so that every shift has a pair


class RenderedFrame(Protocol):
    """A frame of a generator's output."""

    @property
    def image(self) -> Image:
        """(H,W,3) BGR."""
        ...

    @property
    def time(self) -> float:
        """Seconds since the first frame."""
        ...


class VideoGenerator(Protocol):
    """Renders a face for a sound: `wav2lip.inference.lip_syncer.LipSyncer`."""

    def __call__(self, face: Path, audio: Path, output: Path) -> object:
        """Write the video `output`."""
        ...

    def frames(self, face: Path, audio: Path) -> Iterable[RenderedFrame]:
        """Yield the same frames without writing them."""
        ...


@dataclass(frozen=True)
class ProbeAudio:
    """The sounds of the leak probe, (N,) samples at 16 kHz each.

    Attributes:
        right: the sound of the pair.
        other: a different sound.
        source: the sound of the face's own video; None for a still or a silent video.
    """

    right: Pcm
    other: Pcm
    source: Pcm | None

    def variants(self, samples: int) -> dict[str, Pcm]:
        """Right, swapped, late and muted sound, (samples,) each; short sounds are padded, `other` is repeated."""
        right = fitted(self.right, samples)
        late = np.concatenate([np.zeros(CONTROL_SHIFT * SAMPLES_PER_FRAME, np.int16), right])[
            :samples
        ]
        other = np.resize(self.other, samples).astype(np.int16)
        return {"right": right, "swapped": other, "late": late, "muted": np.zeros_like(right)}


def fitted(pcm: Pcm, samples: int) -> Pcm:
    """Cut a sound, or pad it with silence, to (samples,)."""
    return np.pad(pcm[:samples], (0, max(0, samples - len(pcm))))


def _at_25(rendered: Iterable[RenderedFrame]) -> Iterator[Frame]:
    """Resample rendered frames to 25 per second, as for every judge."""
    frames = (Frame(item.image, item.time, k) for k, item in enumerate(rendered))
    return retime_frames(frames, FPS)


def _views_and_faces(
    rendered: Iterable[RenderedFrame], crops: dict[int, Crop], judge: LoadedJudge
) -> tuple[Image, Image]:
    """Judge's views (T,S,S,3) and face crops (T,96,96,3) of the rendered frames in `crops`."""
    views, faces = [], []
    for frame in _at_25(rendered):
        if frame.index in crops:
            views.append(judge.track_view(frame.image, crops[frame.index]))
            faces.append(cut_face(frame.image, crops[frame.index], FACE_SIZE))
    return np.stack(views), np.stack(faces)


def probe_leak(
    generator: VideoGenerator,
    face: Path,
    sounds: ProbeAudio,
    crops: dict[int, Crop],
    judge: LoadedJudge,
    seconds: float = 5.0,
    windows: Windows = "all",
    padding: Padding = "none",
) -> LeakProbe:
    """Run the leak probe on the first seconds of a face.

    The longest stretch of these frames with a box is judged. See `wav2lip.metrics.leak`.

    Args:
        generator: renders the face four times.
        face: video or still.
        sounds: of the probe.
        crops: of the face, by frame number at 25 fps.
        judge: embeds the windows.
        seconds: length of the probe.
        windows: see `wav2lip.metrics.lse.window_count`.
        padding: see `wav2lip.metrics.lse.shift_distances`.

    Raises:
        InputError: the stretch is too short.
    """
    frames = min(round(seconds * FPS), len(sounds.right) // SAMPLES_PER_FRAME)
    run = longest_run({frame: crop for frame, crop in crops.items() if frame < frames})
    if len(run) < MIN_FRAMES:
        raise InputError(
            f"{face}: {len(run)} consecutive frames with a face in its first {frames / FPS:g} s are too few "
            f"for the leak probe, which requires {MIN_FRAMES}"
        )
    first, views, faces = min(run), {}, {}
    variants = sounds.variants(frames * SAMPLES_PER_FRAME)
    for name, pcm in variants.items():
        with temporary_wav(pcm) as sound:
            views[name], faces[name] = _views_and_faces(generator.frames(face, sound), run, judge)

    count = window_count(min(map(len, views.values())), len(run) * SAMPLES_PER_FRAME, windows)

    def embed(name: str, pcm: Pcm) -> tuple[Tensor, Tensor]:
        part = pcm[first * SAMPLES_PER_FRAME : (first + len(run)) * SAMPLES_PER_FRAME]
        return judge.judge.embed(views[name], part, count)

    embedded = {name: embed(name, pcm) for name, pcm in variants.items()}
    own = None
    if sounds.source is not None:
        own, _ = embed("right", fitted(sounds.source, frames * SAMPLES_PER_FRAME))
    return leak_probe(
        ProbeEmbeddings(**{name: lips for name, (_, lips) in embedded.items()}),
        ProbeEmbeddings(**{name: audio for name, (audio, _) in embedded.items()}),
        own,
        response(faces["right"], faces["swapped"]),
        padding,
    )
