"""Conditions under which an expert's card repeats its measures: each changes the faces or the sound of a clip."""

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from wav2lip.clips import ClipFile
from wav2lip.faces.crops import Crop, cut_face
from wav2lip.media.compression import compress
from wav2lip.media.pcm import from_pcm, to_pcm
from wav2lip.types import IMAGE_SIZE, Image, Pcm

SHIFT = 5  # px of a face of 96 px
CRF = 35
SNR = 10.0  # dB
COARSE = 2  # factor by which the rescaled face is reduced
SEED = 0


@dataclass(frozen=True)
class Condition:
    """One way to show a clip to an expert.

    Attributes:
        right: how far the face is cut out right of its place, in shares of its side.
        down: how far it is cut out below its place, in shares of its side.
        coarse: factor by which the face is reduced and enlarged again.
        crf: of an H.264 coding of the crops; None: none.
        snr: dB between the sound and added white noise; None: none.
    """

    right: float = 0.0
    down: float = 0.0
    coarse: int = 1
    crf: int | None = None
    snr: float | None = None


_STEP = SHIFT / IMAGE_SIZE
UNCHANGED = Condition()
SHIFTS = {
    "left": Condition(right=-_STEP),
    "right": Condition(right=_STEP),
    "up": Condition(down=-_STEP),
    "down": Condition(down=_STEP),
}
CONDITIONS = {
    f"half the resolution (1/{COARSE})": Condition(coarse=COARSE),
    f"H.264 at crf {CRF}": Condition(crf=CRF),
    f"noise at {SNR:.0f} dB": Condition(snr=SNR),
}


def add_noise(pcm: Pcm, snr: float) -> Pcm:
    """Add white noise `snr` dB below the mean power of a sound (N,); a silent sound stays silent."""
    wav = from_pcm(pcm)
    level = float(np.sqrt(np.square(wav, dtype=np.float64).mean())) * 10 ** (-snr / 20)
    noise = np.random.default_rng(SEED).standard_normal(len(wav)).astype(np.float32)
    return to_pcm(wav + np.float32(level) * noise)


def conditioned_faces(crops: Image, pad: float, size: int, condition: Condition) -> Image:
    """Cut faces (T, size, size, 3) out of padded crops (T, C, C, 3) under a condition.

    Args:
        crops: as a clip file holds them.
        pad: their margin, share of the face's side.
        size: side of a face as the expert expects it, pixels.
        condition: what is changed.
    """
    if condition.crf is not None:
        crops = compress(crops, condition.crf)
    side = crops.shape[1] / (1 + 2 * pad)
    centre = crops.shape[1] / 2
    face = Crop(centre + condition.right * side, centre + condition.down * side, side, side)
    faces = np.stack([cut_face(crop, face, size) for crop in crops])
    if condition.coarse > 1:
        small = size // condition.coarse
        resize: Callable[[Image, int, int], Image] = _resize
        faces = np.stack(
            [
                resize(resize(image, small, cv2.INTER_AREA), size, cv2.INTER_LINEAR)
                for image in faces
            ]
        )
    return faces


def _resize(image: Image, side: int, interpolation: int) -> Image:
    return np.asarray(cv2.resize(image, (side, side), interpolation=interpolation), np.uint8)


def conditioned_clip(file: ClipFile, size: int, condition: Condition) -> tuple[Image, Pcm]:
    """Read the faces (T, size, size, 3) and the sound (N,) of a clip under a condition."""
    faces = conditioned_faces(file.crops(np.arange(file.frames)), file.pad, size, condition)
    pcm = file.pcm()
    return faces, pcm if condition.snr is None else add_noise(pcm, condition.snr)
