"""Render one face for four sounds, to measure whether its mouth follows the sound."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from wav2lip.errors import InputError
from wav2lip.evaluation.face_crops import FACE_SIZE, longest_run
from wav2lip.evaluation.judge import LoadedJudge
from wav2lip.evaluation.systems import CONTROL_SHIFT
from wav2lip.faces.crops import Crop, cut_face
from wav2lip.media.frame import Frame
from wav2lip.media.pcm import temporary_wav
from wav2lip.metrics.judges import Embeddings
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

    def __call__(
        self, face: Path, audio: Path, output: Path, *, warn_voiceless: bool = True
    ) -> object:
        """Write the video `output`; `warn_voiceless`: whether audio without voice is a warning."""
        ...

    def frames(
        self, face: Path, audio: Path, *, warn_voiceless: bool = True
    ) -> Iterable[RenderedFrame]:
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


class ProbeFrames:
    """What the probe takes from the frames of one video.

    Args:
        judge: its view of each frame is kept.
        crops: where to cut, by frame number at 25 fps; None: where each face is found, in the first frames.
        limit: number of these frames.

    Attributes:
        crops: that were used, by frame number.
        views: (S,S,3) BGR of these frames, in their order.
        faces: (96,96,3) BGR of these frames.
    """

    def __init__(
        self, judge: LoadedJudge, crops: Mapping[int, Crop] | None = None, limit: int = 0
    ) -> None:
        self._view, self._given, self._limit = judge.track_view, crops, limit
        self.crops: dict[int, Crop] = {}
        self.views: list[Image] = []
        self.faces: list[Image] = []

    def add(self, frame: Frame, crop: Crop | None = None) -> None:
        """Add the next frame of the video; `crop` of its face, None if it has none."""
        if self._given is not None:
            crop = self._given.get(frame.index)
        elif frame.index >= self._limit:
            return
        if crop is not None:
            self.crops[frame.index] = crop
            self.views.append(self._view(frame.image, crop))
            self.faces.append(cut_face(frame.image, crop, FACE_SIZE))

    def at(self, run: Mapping[int, Crop]) -> tuple[Image, Image]:
        """Views (T,S,S,3) and faces (T,96,96,3) of the frames that are in `run`."""
        kept = [k for k, frame in enumerate(self.crops) if frame in run]
        return np.stack([self.views[k] for k in kept]), np.stack([self.faces[k] for k in kept])


def _at_25(rendered: Iterable[RenderedFrame]) -> Iterator[Frame]:
    """Resample rendered frames to 25 per second, as for every judge."""
    frames = (Frame(item.image, item.time, k) for k, item in enumerate(rendered))
    return retime_frames(frames, FPS)


def _collect(
    rendered: Iterable[RenderedFrame], crops: dict[int, Crop], judge: LoadedJudge
) -> ProbeFrames:
    found = ProbeFrames(judge, crops)
    for frame in _at_25(rendered):
        found.add(frame)
    return found


def probe_run(crops: Mapping[int, Crop], seconds: float, samples: int) -> dict[int, Crop]:
    """The longest stretch with a crop in the first seconds of a face, for a sound of so many samples."""
    frames = probe_frames(seconds, samples)
    return longest_run({frame: crop for frame, crop in crops.items() if frame < frames})


def probe_frames(seconds: float, samples: int) -> int:
    """Number of frames of the probe for a sound of so many samples at 16 kHz."""
    return min(round(seconds * FPS), samples // SAMPLES_PER_FRAME)


def probe_leak(
    generator: VideoGenerator,
    face: Path,
    sounds: ProbeAudio,
    crops: dict[int, Crop],
    judge: LoadedJudge,
    seconds: float = 5.0,
    windows: Windows = "all",
    padding: Padding = "none",
    made: Mapping[str, ProbeFrames] | None = None,
) -> LeakProbe:
    """Run the leak probe on the first seconds of a face.

    The longest stretch of these frames with a box is judged. See `wav2lip.metrics.leak`.

    Args:
        generator: renders the face.
        face: video or still.
        sounds: of the probe.
        crops: of the face, by frame number at 25 fps.
        judge: embeds the windows.
        seconds: length of the probe.
        windows: see `wav2lip.metrics.lse.window_count`.
        padding: see `wav2lip.metrics.lse.shift_distances`.
        made: frames of videos that the generator has made before, by the name of their sound; the face is rendered
            for the other sounds.

    Raises:
        InputError: the stretch is too short.
    """
    frames = probe_frames(seconds, len(sounds.right))
    run = probe_run(crops, seconds, len(sounds.right))
    if len(run) < MIN_FRAMES:
        raise InputError(
            f"{face}: {len(run)} consecutive frames with a face in its first {frames / FPS:g} s are too few "
            f"for the leak probe, which requires {MIN_FRAMES}"
        )
    first, views, faces = min(run), {}, {}
    variants = sounds.variants(frames * SAMPLES_PER_FRAME)
    known = dict(made or {})
    for name, pcm in variants.items():
        if name not in known:
            with temporary_wav(pcm) as sound:
                # A warning would name the temporary file; the clip whose sound it is has its own.
                rendered = generator.frames(face, sound, warn_voiceless=False)
                known[name] = _collect(rendered, run, judge)
        views[name], faces[name] = known[name].at(run)

    shown = min(map(len, views.values()))
    count = window_count(shown, len(run) * SAMPLES_PER_FRAME, windows)

    def embed(name: str, pcm: Pcm) -> tuple[Embeddings, Embeddings]:
        part = pcm[first * SAMPLES_PER_FRAME : (first + len(run)) * SAMPLES_PER_FRAME]
        return judge.judge.embed(views[name], part, count)

    embedded = {name: embed(name, pcm) for name, pcm in variants.items()}
    own = None
    if sounds.source is not None:
        source = fitted(sounds.source, frames * SAMPLES_PER_FRAME)
        same = np.array_equal(source, variants["right"])
        own, _ = embedded["right"] if same else embed("right", source)
    return leak_probe(
        ProbeEmbeddings(**{name: lips for name, (_, lips) in embedded.items()}),
        ProbeEmbeddings(**{name: audio for name, (audio, _) in embedded.items()}),
        own,
        response(faces["right"][:shown], faces["swapped"][:shown]),
        padding,
    )
