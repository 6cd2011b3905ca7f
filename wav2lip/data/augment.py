"""Augmentation: the same for all frames of a sample, so that motion stays motion.

Sound is changed on its mel: a gain of g dB is a shift of 0.08 g there, since 100 dB span 8 units
(see wav2lip.media.audio), down to the floor of silence.
"""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from wav2lip.types import N_MELS, SILENCE

MEL_PER_DB = 0.08
MEL_CEILING = 4.0
SLOPE = np.linspace(-0.5, 0.5, N_MELS, dtype=np.float32)[:, None]  # low bands to high ones
NOISE_SPREAD = 0.25  # standard deviation, mel units
DIE = 256  # faces, from 0
DIE_STEP = np.float32(NOISE_SPREAD / (2 * (DIE**2 - 1) / 12) ** 0.5)

Image = npt.NDArray[np.uint8]
Mel = npt.NDArray[np.float32]


@dataclass(frozen=True)
class AugmentSettings:
    """Strengths; all zero leaves a sample as it is."""

    flip: float = 0.5  # probability
    shift: float = 0.06  # of the face's side, at most
    scale: float = 0.08  # relative, at most
    rotate: float = 0.0  # degrees in the picture's plane, at most
    colour: float = 0.25  # gain of contrast and each channel, at most
    gain: float = 10.0  # dB, at most
    noise: float = 0.5  # probability of background noise
    freq_mask: float = 0.0  # probability of hiding a band of frequencies
    tempo: float = 0.0  # relative change of the speed of picture and sound, at most; 0.05 is small


NONE = AugmentSettings(flip=0, shift=0, scale=0, colour=0, gain=0, noise=0, freq_mask=0, tempo=0)


def draw_tempo(settings: AugmentSettings, rng: np.random.Generator) -> float:
    """How many times as fast a sample's clip is played; slower and faster by the same factor are as likely."""
    return float(np.exp(rng.uniform(-1, 1) * np.log1p(settings.tempo)))


def stretch(mel: Mel, columns: int, tempo: float) -> Mel:
    """The first `columns` columns of mels (..., 80, M) played `tempo` times as fast, pitch kept.

    A mel has no phase to keep together, so columns between two others are their mean by distance.
    M must be above (columns - 1) * tempo.
    """
    where = tempo * np.arange(columns)
    before = np.minimum(where.astype(np.int64), mel.shape[-1] - 1)
    after = np.minimum(before + 1, mel.shape[-1] - 1)
    part = (where - before).astype(np.float32)
    stretched: Mel = mel[..., before] * (1 - part) + mel[..., after] * part
    return stretched


class FaceAugment:
    """One draw of picture changes, applied alike to every frame: turn, crop, flip, colour.

    A face that is not turned is cut out at whole pixels and then resized, which costs a third of
    sampling it in between.
    """

    def __init__(
        self, settings: AugmentSettings, size: int, pad: float, rng: np.random.Generator
    ) -> None:
        self.size = size
        self.pad = pad
        self.flip = rng.random() < settings.flip
        self.shift = rng.uniform(-settings.shift, settings.shift, 2)
        self.scale = 1 + rng.uniform(-settings.scale, settings.scale)
        self.angle = rng.uniform(-settings.rotate, settings.rotate) if settings.rotate else 0.0
        gain = 1 + rng.uniform(-settings.colour, settings.colour)
        self.gain = gain * (1 + rng.uniform(-settings.colour, settings.colour, 3) / 3)
        self.bias = 255 * rng.uniform(-settings.colour, settings.colour) / 3
        self.recolour = settings.colour > 0

    def __call__(self, crops: Image) -> Image:
        """Padded crops (F, C, C, 3) to faces (F, size, size, 3); a view of them where nothing changes."""
        side = crops.shape[1] / (1 + 2 * self.pad)  # px of the face in the padded crop
        margin = self.pad * side
        width = min(round(side * self.scale), crops.shape[1])
        x, y = (
            min(max(round(margin + (side - width) / 2 + shift * side), 0), crops.shape[1] - width)
            for shift in self.shift.tolist()
        )
        cut = crops[:, y : y + width, x : x + width]
        if width == self.size and not (self.flip or self.recolour or self.angle):
            return cut
        if self.angle:
            faces = self._turned(crops, x, y, width)
        elif width == self.size:
            faces = cut.copy()
        else:
            faces = np.empty((len(crops), self.size, self.size, 3), np.uint8)
            for picture, face in zip(cut, faces, strict=True):
                cv2.resize(picture, (self.size, self.size), dst=face)
        # As one tall picture: flip and colour do not care where one face ends.
        tall = faces.reshape(-1, self.size, 3)
        if self.flip:
            tall = np.asarray(cv2.flip(tall, 1), np.uint8)
        if self.recolour:
            change = np.column_stack([np.diag(self.gain), np.full(3, self.bias)])
            cv2.transform(tall, change, dst=tall)  # rounds and saturates
        return tall.reshape(faces.shape)

    def _turned(self, crops: Image, x: int, y: int, width: int) -> Image:
        """The faces at (x, y) of crops, turned about their middle; beyond a crop its edge goes on."""
        middle = (x + (width - 1) / 2, y + (width - 1) / 2)
        turn = cv2.getRotationMatrix2D(middle, self.angle, self.size / width)
        turn[:, 2] += (self.size - 1) / 2 - np.array(middle)
        faces = np.empty((len(crops), self.size, self.size, 3), np.uint8)
        side = (self.size, self.size)
        for picture, face in zip(crops, faces, strict=True):
            cv2.warpAffine(picture, turn, side, dst=face, borderMode=cv2.BORDER_REPLICATE)
        return faces


class AudioAugment:
    """One draw of sound changes, applied alike to all mel windows of a sample.

    Only the noise itself is another for each window; its level is the same.
    """

    def __init__(self, settings: AugmentSettings, rng: np.random.Generator) -> None:
        self.shift = MEL_PER_DB * rng.uniform(-settings.gain, settings.gain)
        self.noise = rng.uniform(-3.5, -1.0) if rng.random() < settings.noise else None
        self.band = (0, 0)
        if rng.random() < settings.freq_mask:
            first = int(rng.integers(0, 70))
            self.band = (first, first + int(rng.integers(1, 11)))
        self.tilt = rng.uniform(-1, 1) * (settings.gain > 0)
        self._rng = rng

    def __call__(self, mel: Mel) -> Mel:
        """Mel columns (..., 80, M) to the same shape, still in [-4, 4]."""
        if not (self.shift or self.tilt or self.band[1]) and self.noise is None:
            return mel
        change = np.float32(self.shift) + np.float32(self.tilt) * SLOPE
        out = np.where(mel > SILENCE, mel + change, mel)
        if self.noise is not None:
            # Two dice are near enough to normal, and four times as fast to draw.
            dice = self._rng.integers(0, DIE, (2, *mel.shape), np.uint8)
            level = np.add(*dice, dtype=np.float32)
            level = (level - np.float32(DIE - 1)) * DIE_STEP + np.float32(self.noise)
            np.maximum(out, level, out=out)
        out[..., self.band[0] : self.band[1], :] = SILENCE
        return np.clip(out, SILENCE, MEL_CEILING).astype(np.float32)
