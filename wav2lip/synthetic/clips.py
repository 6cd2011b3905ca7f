"""OutputFrame faces with sync known to the sample: what tests train and measure on, in CPU seconds."""

import math
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory

import cv2
import numpy as np
from numpy.typing import NDArray

from wav2lip.clips import MANIFEST, ManifestRow, encode_crop, write_clip, write_manifest
from wav2lip.faces.boxes import widen_box
from wav2lip.faces.crops import crop_face
from wav2lip.media.mel import mel_spectrogram
from wav2lip.media.pcm import to_pcm, write_wav
from wav2lip.media.writer import VideoWriter
from wav2lip.synthetic.face import BOX_HEIGHT, Pose, SyntheticFace
from wav2lip.synthetic.voice import speak

FPS = 25.0  # frames a second
SIZE = 160  # pixels, the picture's side; the face's box is about 0.56 of it high
SWAY = np.array((0.025, 0.02, 0.06, 0.02))  # x, y in sides; angle in radians; scale
BLINK_SECONDS = 0.24


@dataclass(frozen=True)
class SyntheticClip:
    """One talking person.

    frames: (T, S, S, 3) uint8 BGR; wav: (N,) float32 at 16 kHz; boxes: (T, 4) float32 pixels
    x0, y0, x1, y1, mid-forehead to chin; times: (T,) float64 seconds; opening, width: (T,) float32
    in [0, 1], what the lips of each frame show. Frame i shows the sound of
    times[i] - offset_frames / fps: a positive offset means that the picture is late, the sign in
    which the LSE offset is given ("delay the audio by so many frames").
    """

    frames: NDArray[np.uint8]
    wav: NDArray[np.float32]
    boxes: NDArray[np.float32]
    times: NDArray[np.float64]
    opening: NDArray[np.float32]
    width: NDArray[np.float32]
    fps: float
    offset_frames: int


def _poses(seed: tuple[int, int], times: NDArray[np.float64]) -> list[Pose]:
    """Slow sway and blinks, which say nothing about the sound."""
    rng = np.random.default_rng((*seed, 3))
    waves = np.zeros((len(times), 4))
    for _ in range(3):
        rate, phase = rng.uniform(0.1, 0.6, 4), rng.uniform(0, 2 * np.pi, 4)
        waves += np.sin(2 * np.pi * rate * times[:, None] + phase) * rng.uniform(0.1, 0.33, 4)
    sway = waves * SWAY * rng.uniform(0.3, 1.0) + (0, 0.03, 0, rng.uniform(0.96, 1.04))
    blinks = np.zeros(len(times))
    start = rng.uniform(0.5, 3.0)
    while len(times) and start < times[-1]:
        bump = 1 - np.abs((times - start) / (BLINK_SECONDS / 2) - 1)
        blinks = np.maximum(blinks, np.clip(1.4 * bump, 0, 1))
        start += rng.uniform(1.5, 5.0)
    flicker = 1 + rng.uniform(0, 0.02) * np.sin(2 * np.pi * rng.uniform(0.5, 4) * times)
    light = rng.uniform(0.75, 1.05) * flicker
    return [Pose(*(float(v) for v in row)) for row in np.column_stack([sway, blinks, light])]


def synthesize(
    seed: int,
    seconds: float = 3.0,
    fps: float = FPS,
    size: int = SIZE,
    offset_frames: int = 0,
    speech: int | None = None,
) -> SyntheticClip:
    """A person (`seed` >= 0) who says random syllables (`speech`, by default the same number).

    The same arguments give the same clip, bit for bit; person and speech are drawn apart, so that
    a test can hold out either. At least one frame is made; the sound lasts `seconds`.
    Raises ValueError for seconds or fps of 0 or less.
    """
    if seconds <= 0 or fps <= 0:
        raise ValueError(f"seconds={seconds} and fps={fps} must be above 0")
    speech = seed if speech is None else speech
    voice = speak(speech, seconds)
    times = np.arange(max(1, round(seconds * fps))) / fps
    opening, width = voice.mouth_at(times - offset_frames / fps)
    face, poses = SyntheticFace(seed, size), _poses((seed, speech), times)
    frames = np.empty((len(times), size, size, 3), np.uint8)
    for i, pose in enumerate(poses):
        frames[i] = face.draw(float(opening[i]), float(width[i]), pose, i)
    boxes = np.stack([face.box(pose) for pose in poses])
    return SyntheticClip(frames, voice.wav, boxes, times, opening, width, fps, offset_frames)


def write_synthetic_video(path: Path, clip: SyntheticClip, crf: int = 18) -> None:
    """Write `clip` with its sound as a video file; the suffix picks the container (.mp4, .mkv, ...).

    Raises InputError where `path` cannot be written.
    """
    size = clip.frames.shape[1]
    rate = Fraction(clip.fps).limit_denominator(1001)
    with TemporaryDirectory() as folder:
        sound = Path(folder) / "speech.wav"
        write_wav(sound, to_pcm(clip.wav))
        with VideoWriter(path, size, size, rate, crf=crf, audio=sound) as writer:
            for frame, time in zip(clip.frames, clip.times, strict=True):
                writer.write(frame, float(time))


def write_synthetic_clip(
    folder: Path,
    name: str,
    clip: SyntheticClip,
    split: str = "train",
    image_size: int = 96,
    pad: float = 0.125,
) -> ManifestRow:
    """Write `clip` as the clip file `folder/clips/name.safetensors`; return its manifest row.

    `image_size` is the face's side in pixels, `pad` the margin around it as a share of that side.
    The clip is to start on a whole mel column, as every clip at 25 frames a second does.
    """
    crop_size = round(image_size * (1 + 2 * pad))
    crops = [
        crop_face(frame, widen_box(box, pad), crop_size)
        for frame, box in zip(clip.frames, clip.boxes, strict=True)
    ]
    path = f"clips/{name}.safetensors"
    write_clip(
        folder / path,
        [encode_crop(crop) for crop in crops],
        clip.boxes,
        clip.times,
        mel_spectrogram(clip.wav).T,
        to_pcm(clip.wav),
        {"source": name, "fps": clip.fps, "crop_size": crop_size, "pad": pad},
    )
    mouths = [cv2.Laplacian(crop[crop_size // 2 :], cv2.CV_64F).var() for crop in crops]
    level = float(np.sqrt(np.mean(np.square(clip.wav, dtype=np.float64))))
    return ManifestRow(
        clip=path,
        source=name,
        speaker=name,
        split=split,
        track=0,
        start=0.0,
        frames=len(crops),
        fps=clip.fps,
        face=float(np.mean(clip.boxes[:, 2:] - clip.boxes[:, :2])),
        coverage=1.0,
        sharpness=float(np.median(mouths)),
        loudness=20 * math.log10(max(level, 1e-5)),
    )


def write_synthetic_corpus(
    folder: Path, people: dict[str, int], seconds: float = 3.0, image_size: int = 96, seed: int = 0
) -> None:
    """Write clip files and a manifest under `folder`: `people` is split -> number of clips.

    Every clip is another person with other speech, so that no split knows a face or a sound of
    another; a larger `seed` than the clips of an earlier corpus gives a corpus of strangers.
    """
    rows = []
    for split, count in people.items():
        for _ in range(count):
            person, seed = seed, seed + 1
            # Drawn at the size at which it is stored: more pixels would cost time and be lost.
            clip = synthesize(person, seconds, size=round(image_size / BOX_HEIGHT))
            rows.append(
                write_synthetic_clip(folder, f"person{person:06d}", clip, split, image_size)
            )
    write_manifest(folder / MANIFEST, rows)
