"""Run a generator four times on one face, to see whether its mouth follows the sound."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from wav2lip.errors import InputError
from wav2lip.evaluation.judge import LoadedJudge
from wav2lip.evaluation.quality import longest_run
from wav2lip.faces.crops import crop_face
from wav2lip.media.frame import Frame
from wav2lip.media.pcm import write_wav
from wav2lip.metrics.leak import LeakProbe, Outputs, leak_probe, response
from wav2lip.metrics.lse import Padding, Windows, window_count
from wav2lip.preprocessing.retiming import retime_frames
from wav2lip.types import FPS, MAX_SHIFT, SAMPLES_PER_FRAME, WINDOW_FRAMES

DELAY = 5  # frames at 25 fps that the late sound is late
LEAST = MAX_SHIFT + WINDOW_FRAMES + 1  # frames, so that every shift has a pair
FACE_SIZE = 96  # px

Pcm = NDArray[np.int16]
Box = NDArray[np.float32]
Faces = NDArray[np.uint8]


class Drawn(Protocol):
    """A frame of a generator's output."""

    @property
    def image(self) -> NDArray[np.uint8]:
        """(H,W,3) BGR."""
        ...

    @property
    def time(self) -> float:
        """Seconds since the first frame's."""
        ...


class Generator(Protocol):
    """What makes a face speak: `wav2lip.inference.lip_syncer.LipSyncer`."""

    def __call__(self, face: Path, audio: Path, output: Path) -> object:
        """Write the video `output`."""
        ...

    def frames(self, face: Path, audio: Path) -> Iterable[Drawn]:
        """The same frames, not written."""
        ...


@dataclass(frozen=True)
class Sounds:
    """What the probe lets a face say, (N,) samples at 16 kHz each; see `LeakProbe`."""

    right: Pcm
    other: Pcm  # somebody else's
    source: Pcm | None  # what the face's own mouth says; None for a still or a silent video

    def four(self, samples: int) -> dict[str, Pcm]:
        """Right, swapped, late, muted: all (samples,), padded with silence, the other one repeated."""
        right = fitted(self.right, samples)
        late = np.concatenate([np.zeros(DELAY * SAMPLES_PER_FRAME, np.int16), right])[:samples]
        other = np.resize(self.other, samples).astype(np.int16)
        return {"right": right, "swapped": other, "late": late, "muted": np.zeros_like(right)}


def fitted(pcm: Pcm, samples: int) -> Pcm:
    """Cut, or padded with silence, to (samples,)."""
    return np.pad(pcm[:samples], (0, max(0, samples - len(pcm))))


def _shown(drawn: Iterable[Drawn]) -> Iterator[Frame]:
    """The frames at 25 a second, as every judge is shown them."""
    frames = (Frame(item.image, item.time, k) for k, item in enumerate(drawn))
    return retime_frames(frames, FPS)


def _output(
    drawn: Iterable[Drawn], boxes: dict[int, Box], judge: LoadedJudge
) -> tuple[Faces, Faces]:
    """(T,S,S,3) what the judge sees and (T,96,96,3) the faces, of the frames in `boxes`."""
    views, faces = [], []
    for frame in _shown(drawn):
        if frame.index in boxes:
            views.append(judge.track_view(frame.image, boxes[frame.index]))
            faces.append(crop_face(frame.image, boxes[frame.index], FACE_SIZE))
    return np.stack(views), np.stack(faces)


def probe_leak(
    generator: Generator,
    face: Path,
    sounds: Sounds,
    boxes: dict[int, Box],
    judge: LoadedJudge,
    seconds: float = 5.0,
    windows: Windows = "all",
    padding: Padding = "none",
) -> LeakProbe:
    """The leak probe on the first `seconds` of a face; boxes (4,) px by frame at 25 fps.

    Judged is the longest stretch of those frames that have a box. Raises InputError where it is
    too short.
    """
    frames = min(round(seconds * FPS), len(sounds.right) // SAMPLES_PER_FRAME)
    run = longest_run({frame: box for frame, box in boxes.items() if frame < frames})
    if len(run) < LEAST:
        raise InputError(
            f"{face}: a face in {len(run)} frames on end of its first {frames / FPS:g} s is too "
            f"short for the leak probe: it needs {LEAST}"
        )
    first, views, faces, heard = min(run), {}, {}, sounds.four(frames * SAMPLES_PER_FRAME)
    with TemporaryDirectory() as folder:
        for name, pcm in heard.items():
            sound = Path(folder) / f"{name}.wav"
            write_wav(sound, pcm)
            views[name], faces[name] = _output(generator.frames(face, sound), run, judge)

    count = window_count(min(map(len, views.values())), len(run) * SAMPLES_PER_FRAME, windows)

    def embedded(name: str, pcm: Pcm) -> tuple[Tensor, Tensor]:
        part = pcm[first * SAMPLES_PER_FRAME : (first + len(run)) * SAMPLES_PER_FRAME]
        return judge.judge.embed(views[name], part, count)

    both = {name: embedded(name, pcm) for name, pcm in heard.items()}
    own = None
    if sounds.source is not None:
        own, _ = embedded("right", fitted(sounds.source, frames * SAMPLES_PER_FRAME))
    return leak_probe(
        Outputs(**{name: lips for name, (_, lips) in both.items()}),
        Outputs(**{name: audio for name, (audio, _) in both.items()}),
        own,
        response(faces["right"], faces["swapped"]),
        padding,
    )
