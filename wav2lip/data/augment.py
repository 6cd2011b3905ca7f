"""Augmentation: the same for all frames of a sample, so that motion stays motion.

Sound is changed on its mel: a gain of g dB is a shift of 0.08 g there, since 100 dB span 8 units
(see wav2lip.media.audio), down to the floor of silence.
"""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from wav2lip.media.audio import SILENCE

MEL_PER_DB = 0.08
MEL_CEILING = 4.0

Image = npt.NDArray[np.uint8]
Mel = npt.NDArray[np.float32]


@dataclass(frozen=True)
class AugmentSettings:
    """Strengths; all zero leaves a sample as it is."""

    flip: float = 0.5  # probability
    shift: float = 0.06  # of the face's side, at most
    scale: float = 0.08  # relative, at most
    colour: float = 0.25  # gain of contrast and each channel, at most
    gain: float = 10.0  # dB, at most
    noise: float = 0.5  # probability of background noise
    mask: float = 0.0  # probability of hiding a band of frequencies
    tempo: float = 0.0  # relative change of the speed of picture and sound, at most; 0.05 is small


NONE = AugmentSettings(flip=0, shift=0, scale=0, colour=0, gain=0, noise=0, mask=0, tempo=0)


def draw_tempo(settings: AugmentSettings, rng: np.random.Generator) -> float:
    """How many times as fast a sample's clip is played; slower and faster by the same factor are as likely."""
    return float(np.exp(rng.uniform(-1, 1) * np.log1p(settings.tempo)))


def stretch(mel: Mel, columns: int, tempo: float) -> Mel:
    """The first `columns` columns of a mel (80, M) played `tempo` times as fast, pitch kept.

    A mel has no phase to keep together, so columns between two others are their mean by distance.
    M must be above (columns - 1) * tempo.
    """
    where = tempo * np.arange(columns)
    before = np.minimum(where.astype(np.int64), mel.shape[1] - 1)
    after = np.minimum(before + 1, mel.shape[1] - 1)
    part = (where - before).astype(np.float32)
    stretched: Mel = mel[:, before] * (1 - part) + mel[:, after] * part
    return stretched


class FaceView:
    """One draw of picture changes, applied alike to every frame: crop, flip, colour."""

    def __init__(
        self, settings: AugmentSettings, size: int, pad: float, rng: np.random.Generator
    ) -> None:
        self.size = size
        self.pad = pad
        self.flip = rng.random() < settings.flip
        self.shift = rng.uniform(-settings.shift, settings.shift, 2)
        self.scale = 1 + rng.uniform(-settings.scale, settings.scale)
        gain = 1 + rng.uniform(-settings.colour, settings.colour)
        self.gain = gain * (1 + rng.uniform(-settings.colour, settings.colour, 3) / 3)
        self.bias = 255 * rng.uniform(-settings.colour, settings.colour) / 3
        self.recolour = settings.colour > 0

    def __call__(self, crops: Image) -> Image:
        """Padded crops (F, C, C, 3) to faces (F, size, size, 3)."""
        side = crops.shape[1] / (1 + 2 * self.pad)  # px of the face in the padded crop
        margin = self.pad * side
        width = min(side * self.scale, crops.shape[1])
        corner = np.clip(margin + (side - width) / 2 + self.shift * side, 0, crops.shape[1] - width)
        zoom = width / self.size
        if zoom == 1 and (corner == np.rint(corner)).all():  # nothing to interpolate
            x, y = (int(place) for place in corner)
            faces = crops[:, y : y + self.size, x : x + self.size]
        else:
            faces = self._sampled(crops, corner, zoom)
        if self.flip:
            faces = faces[:, :, ::-1]
        faces = np.ascontiguousarray(faces)
        if self.recolour:
            levels = np.arange(256, dtype=np.float32)[:, None]
            changed = levels * self.gain.astype(np.float32) + np.float32(self.bias)
            table = np.clip(np.rint(changed), 0, 255).astype(np.uint8)[None]  # (1, 256, 3)
            flat = cv2.LUT(faces.reshape(-1, self.size, 3), table)
            faces = np.asarray(flat, np.uint8).reshape(faces.shape)
        return faces

    def _sampled(self, crops: Image, corner: npt.NDArray[np.float64], zoom: float) -> Image:
        # Pixel centres: face pixel i shows crop position corner + (i + 0.5) * zoom - 0.5.
        x, y = corner + zoom / 2 - 0.5
        matrix = np.array([[zoom, 0, x], [0, zoom, y]])
        faces = np.empty((len(crops), self.size, self.size, 3), np.uint8)
        for crop, face in zip(crops, faces, strict=True):
            cv2.warpAffine(
                crop,
                matrix,
                (self.size, self.size),
                dst=face,
                flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
                borderMode=cv2.BORDER_REPLICATE,
            )
        return faces


class SoundView:
    """One draw of sound changes, applied alike to every mel window of a sample.

    Only the noise itself is drawn anew for each window; its level is the same.
    """

    def __init__(self, settings: AugmentSettings, rng: np.random.Generator) -> None:
        self.shift = MEL_PER_DB * rng.uniform(-settings.gain, settings.gain)
        self.noise = rng.uniform(-3.5, -1.0) if rng.random() < settings.noise else None
        self.band = (0, 0)
        if rng.random() < settings.mask:
            first = int(rng.integers(0, 70))
            self.band = (first, first + int(rng.integers(1, 11)))
        self.tilt = rng.uniform(-1, 1) * (settings.gain > 0)
        self._rng = rng

    def __call__(self, mel: Mel) -> Mel:
        """Mel columns (80, M) to the same shape, still in [-4, 4]."""
        if not (self.shift or self.tilt or self.band[1]) and self.noise is None:
            return mel
        slope = np.linspace(-0.5, 0.5, mel.shape[0], dtype=np.float32)[:, None]
        out = np.where(
            mel > SILENCE, mel + np.float32(self.shift) + np.float32(self.tilt) * slope, mel
        )
        if self.noise is not None:
            level = self.noise + self._rng.normal(0, 0.25, mel.shape).astype(np.float32)
            out = np.maximum(out, level)
        out[self.band[0] : self.band[1]] = SILENCE
        return np.clip(out, SILENCE, MEL_CEILING).astype(np.float32)
