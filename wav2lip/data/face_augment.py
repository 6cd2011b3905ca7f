"""Augmentation of face crops."""

import cv2
import numpy as np

from wav2lip.data.augment import AugmentSettings
from wav2lip.data.degrade import FaceDegradation
from wav2lip.types import Image


class FaceAugment:
    """One random rotation, crop, flip and colour change, applied to every frame of a sample.

    Without rotation the face is cut at whole pixels and then resized, which takes a third of the time
    of resampling at fractions of a pixel.

    Args:
        settings: strengths.
        size: side of the resulting faces, pixels.
        pad: margin of the crops around the face, share of the face's side.
        rng: source of the random values.
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
        self.degrade = FaceDegradation(
            settings.jpeg, settings.coarse, settings.light, settings.grain, rng, settings.h264
        )

    def __call__(self, crops: Image) -> Image:
        """Turn padded crops (F, C, C, 3) into faces (F, size, size, 3).

        The result is a view of the crops if nothing changes.
        """
        side = crops.shape[1] / (1 + 2 * self.pad)  # px of the face in the padded crop
        margin = self.pad * side
        width = min(round(side * self.scale), crops.shape[1])
        x, y = (
            min(max(round(margin + (side - width) / 2 + shift * side), 0), crops.shape[1] - width)
            for shift in self.shift.tolist()
        )
        cut = crops[:, y : y + width, x : x + width]
        if width == self.size and not (self.flip or self.recolour or self.angle):
            return self.degrade(cut)
        if self.angle:
            faces = self._rotate(crops, x, y, width)
        elif width == self.size:
            faces = cut.copy()
        else:
            faces = np.empty((len(crops), self.size, self.size, 3), np.uint8)
            for crop, face in zip(cut, faces, strict=True):
                cv2.resize(crop, (self.size, self.size), dst=face)
        # All faces as one tall image: one call of OpenCV instead of one per face.
        tall = faces.reshape(-1, self.size, 3)
        if self.flip:
            tall = np.asarray(cv2.flip(tall, 1), np.uint8)
        if self.recolour:
            matrix = np.column_stack([np.diag(self.gain), np.full(3, self.bias)])
            cv2.transform(tall, matrix, dst=tall)  # rounds and saturates
        return self.degrade(tall.reshape(faces.shape))

    def _rotate(self, crops: Image, x: int, y: int, width: int) -> Image:
        """Rotate the faces at (x, y) about their centres; pixels beyond a crop repeat its edge."""
        centre = (x + (width - 1) / 2, y + (width - 1) / 2)
        matrix = cv2.getRotationMatrix2D(centre, self.angle, self.size / width)
        matrix[:, 2] += (self.size - 1) / 2 - np.array(centre)
        faces = np.empty((len(crops), self.size, self.size, 3), np.uint8)
        size = (self.size, self.size)
        for crop, face in zip(crops, faces, strict=True):
            cv2.warpAffine(crop, matrix, size, dst=face, borderMode=cv2.BORDER_REPLICATE)
        return faces
