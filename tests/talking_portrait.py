"""Videos of the sample portrait whose mouth opens with a synthetic voice."""

from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
from mouth_clips import opened, smiling_face

from wav2lip.media.pcm import temporary_wav, to_pcm
from wav2lip.media.writer import VideoWriter
from wav2lip.synthetic.voice import speak

GAP = 0.3  # lip gap of a wide open mouth, distances between the eyes
LEVELS = 24  # different pictures
SIDE = 320  # px


def write_talking_portrait(path: Path, seconds: float, voice: int = 0) -> None:
    """Write a video at 25 fps with the sound of the voice."""
    said = speak(voice, seconds)
    times = np.arange(round(seconds * 25)) / 25
    opening, _ = said.mouth_at(times)
    crop, face = smiling_face()
    pictures = [
        cv2.copyMakeBorder(
            opened(crop, face, GAP * level / (LEVELS - 1))[0], *[40] * 4, cv2.BORDER_REPLICATE
        )
        for level in range(LEVELS)
    ]
    chosen = np.rint(opening / opening.max() * (LEVELS - 1)).astype(int)
    with (
        temporary_wav(to_pcm(said.wav)) as sound,
        VideoWriter(path, SIDE, SIDE, Fraction(25), audio=sound) as writer,
    ):
        for index, time in zip(chosen, times, strict=True):
            writer.write(pictures[index], float(time))
