"""Synthetic talking faces whose sync is known exactly, made in seconds on a CPU."""

import math
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from wav2lip.clips import MANIFEST, ManifestRow, encode_crop, write_clip, write_manifest
from wav2lip.faces.crops import Crop, cut_face
from wav2lip.media.mel import mel_spectrogram
from wav2lip.media.pcm import temporary_wav, to_pcm
from wav2lip.synthetic.face import BOX_HEIGHT, Pose, SyntheticFace
from wav2lip.synthetic.voice import speak
from wav2lip.types import FPS, Boxes, Image, Wav

SIZE = 160  # pixels, side of a frame; the face box is about 0.56 of it high
SWAY = np.array((0.025, 0.02, 0.06, 0.02))  # x, y in sides of a frame; angle in radians; scale
BLINK_SECONDS = 0.24
MIN_LEVEL = 1e-5  # root mean square of silence: -100 dBFS


@dataclass(frozen=True)
class SyntheticClip:
    """One talking face.

    Attributes:
        frames: (T, S, S, 3) BGR.
        wav: (N,) at 16 kHz.
        boxes: (T, 4) face boxes, pixels: mid-forehead to chin.
        times: (T,) seconds.
        opening: (T,) opening of the mouth in each frame, 0-1.
        width: (T,) width of the mouth in each frame, 0-1.
        fps: frames per second.
        av_offset: frames that the video is late; above 0: the sound comes early and must be delayed (the
            sign of SyncNet). Frame i shows the sound of times[i] - av_offset / fps.
    """

    frames: Image
    wav: Wav
    boxes: Boxes
    times: NDArray[np.float64]
    opening: NDArray[np.float32]
    width: NDArray[np.float32]
    fps: float
    av_offset: int


def _poses(seed: tuple[int, int], times: NDArray[np.float64]) -> list[Pose]:
    """Slow sway and blinks, independent of the sound."""
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
    fps: float = float(FPS),
    size: int = SIZE,
    av_offset: int = 0,
    speech: int | None = None,
) -> SyntheticClip:
    """Create a talking face. The same arguments give the same clip, bit for bit.

    Args:
        seed: the person, 0 or above.
        seconds: duration of the sound; at least one frame is made.
        fps: frames per second.
        size: side of a frame, pixels.
        av_offset: frames that the video is late; below 0: the sound is late.
        speech: number of the random syllables; default: `seed`. Person and speech are independent, so a
            test can hold out either.

    Raises:
        ValueError: `seconds` or `fps` is not above 0.

    Examples:
        >>> clip = synthesize(seed=1, seconds=0.2, size=32)
        >>> clip.frames.shape, clip.wav.shape
        ((5, 32, 32, 3), (3200,))
    """
    if seconds <= 0 or fps <= 0:
        raise ValueError(f"seconds={seconds} and fps={fps} must be above 0")
    speech = seed if speech is None else speech
    voice = speak(speech, seconds)
    times = np.arange(max(1, round(seconds * fps))) / fps
    opening, width = voice.mouth_at(times - av_offset / fps)
    face, poses = SyntheticFace(seed, size), _poses((seed, speech), times)
    frames = np.empty((len(times), size, size, 3), np.uint8)
    for i, pose in enumerate(poses):
        frames[i] = face.render(float(opening[i]), float(width[i]), pose, i)
    boxes = np.stack([face.box(pose) for pose in poses])
    return SyntheticClip(frames, voice.wav, boxes, times, opening, width, fps, av_offset)


def write_synthetic_video(path: Path, clip: SyntheticClip, crf: int = 18) -> None:
    """Write a clip with its sound as a video file.

    Args:
        path: the file; its suffix selects the container (.mp4, .mkv, ...).
        clip: the clip.
        crf: quality of the video; lower is better.

    Raises:
        InputError: the file cannot be written.
    """
    from wav2lip.media.writer import VideoWriter  # here, so that training does not import PyAV

    size = clip.frames.shape[1]
    rate = Fraction(clip.fps).limit_denominator(1001)
    with (
        temporary_wav(to_pcm(clip.wav)) as sound,
        VideoWriter(path, size, size, rate, crf=crf, audio=sound) as writer,
    ):
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
    """Write a clip as the clip file `folder/clips/name.safetensors`.

    Args:
        folder: folder of the manifest.
        name: name of the file, the source and the speaker.
        clip: the clip; it must start on a whole mel column, as every clip at 25 frames per second does.
        split: train, val or test.
        image_size: side of a face, pixels.
        pad: margin around the face, share of its side.

    Returns:
        The manifest row.
    """
    crop_size = round(image_size * (1 + 2 * pad))
    crops = [
        cut_face(frame, Crop.of_box(box).widened(pad), crop_size)
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
    sharpness = [cv2.Laplacian(crop[crop_size // 2 :], cv2.CV_64F).var() for crop in crops]
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
        sharpness=float(np.median(sharpness)),
        loudness=20 * math.log10(max(level, MIN_LEVEL)),
    )


def write_synthetic_corpus(
    folder: Path, people: dict[str, int], seconds: float = 3.0, image_size: int = 96, seed: int = 0
) -> None:
    """Write clip files and a manifest.

    Every clip has another person and other speech: no split contains a face or a voice of another. A `seed`
    above the number of clips of an earlier corpus gives a corpus without its people.

    Args:
        folder: output folder.
        people: number of clips by split.
        seconds: duration of each clip.
        image_size: side of a face, pixels.
        seed: the first person.
    """
    rows = []
    for split, count in people.items():
        for _ in range(count):
            person, seed = seed, seed + 1
            # Rendered at the size at which it is stored: more pixels would only cost time.
            clip = synthesize(person, seconds, size=round(image_size / BOX_HEIGHT))
            rows.append(
                write_synthetic_clip(folder, f"person{person:06d}", clip, split, image_size)
            )
    write_manifest(folder / MANIFEST, rows)
