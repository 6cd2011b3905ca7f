"""Degradations of faces and mels that recordings bring with them: compression, resolution, light, noise, rooms.

They complete `wav2lip.data.face_augment` and `audio_augment`. All frames of a sample get the same degradation; only
noise differs between them.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from wav2lip.media.compression import compress
from wav2lip.types import HOP, SAMPLE_RATE, SILENCE, Image, Mel

JPEG_QUALITY = (15, 75)  # range; 15 is worse than any video call
CRF = (23, 40)  # range of the quality of x264, whose default is 23; from 35 on faces are blocks
PRESET = "veryfast"  # of x264
REDUCTION = (1.3, 4.0)  # range of the factor by which the side shrinks
SHADE = 0.5  # largest loss of light from one side of the face to the other, relative
GAMMA = 1.5  # largest exponent; its inverse is as likely
GRAIN = (2.0, 10.0)  # range of the standard deviation of noise, grey levels
REVERBERATION = (0.2, 0.9)  # seconds, range of the time in which an echo falls by 60 dB
DIRECT = (-12.0, 0.0)  # dB, range of the echo's level against the direct sound
DB_PER_MEL = 12.5  # 100 dB span 8 mel units, see `wav2lip.media.mel`
LEVELS = np.arange(256, dtype=np.float64) / 255


class FaceDegradation:
    """One random loss of quality of the faces of a sample.

    Args:
        jpeg: probability of JPEG artefacts.
        coarse: probability of a low resolution.
        light: probability of light from one side and a gamma.
        grain: probability of noise.
        rng: source of the random values.
        h264: probability of the artefacts of a video encoder.
    """

    def __init__(
        self,
        jpeg: float,
        coarse: float,
        light: float,
        grain: float,
        rng: np.random.Generator,
        h264: float = 0.0,
    ) -> None:
        def happens(probability: float) -> bool:
            return probability > 0 and rng.random() < probability

        self.quality = int(rng.integers(*JPEG_QUALITY)) if happens(jpeg) else None
        self.reduction = rng.uniform(*REDUCTION) if happens(coarse) else None
        self.gamma: float | None = None
        self.shade = (0.0, 0.0)  # loss of light from left to right and from top to bottom, relative
        if happens(light):
            self.gamma = float(np.exp(rng.uniform(-1, 1) * np.log(GAMMA)))
            self.shade = tuple(rng.uniform(-SHADE, SHADE, 2).tolist())
        self.grain = rng.uniform(*GRAIN) if happens(grain) else None
        self.crf = int(rng.integers(CRF[0], CRF[1] + 1)) if happens(h264) else None
        self._rng = rng

    def __call__(self, faces: Image) -> Image:
        """Degrade faces (F, S, S, 3); they are returned as they are if nothing happens to this sample."""
        if self.gamma is not None:
            faces = self._relight(faces, self.gamma)
        if self.reduction is not None:
            faces = np.stack([_coarse(face, self.reduction) for face in faces])
        if self.grain is not None:
            noise = self._rng.standard_normal(faces.shape, np.float32) * np.float32(self.grain)
            faces = np.clip(faces + noise, 0, 255).astype(np.uint8)
        if self.quality is not None:
            faces = _jpeg(faces, self.quality)
        if self.crf is not None:
            faces = compress(faces, self.crf, preset=PRESET)
        return faces

    def _relight(self, faces: Image, gamma: float) -> Image:
        side = faces.shape[1]
        ramp = np.linspace(-0.5, 0.5, side, dtype=np.float32)
        right, down = self.shade
        light = (1 + right * ramp[None, :] + down * ramp[:, None])[..., None]
        curve = np.asarray(255 * LEVELS**gamma, np.float32)
        return np.clip(curve[faces] * light, 0, 255).astype(np.uint8)


def _coarse(face: Image, reduction: float) -> Image:
    side = face.shape[0]
    small = max(1, round(side / reduction))
    reduced = cv2.resize(face, (small, small), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(reduced, (side, side), interpolation=cv2.INTER_LINEAR), np.uint8)


def _jpeg(faces: Image, quality: int) -> Image:
    # One tall image: blocks of 8 px do not cross faces whose side is a multiple of 8.
    tall = faces.reshape(-1, faces.shape[2], 3)
    _, data = cv2.imencode(".jpg", tall, [cv2.IMWRITE_JPEG_QUALITY, quality])
    decoded = cv2.imdecode(data, cv2.IMREAD_COLOR)
    assert decoded is not None  # it was encoded a line above
    return np.asarray(decoded, np.uint8).reshape(faces.shape)


class Reverberation:
    """The echo of one random room, on mels: the power of each band falls off exponentially after every sound.

    A room's late echo is noise whose power decays exponentially (Polack 1988; Habets 2007, sec. 1.2), so its expected
    power in a band is the power of the sound convolved with that decay. The echo before the window's first column is
    missing.

    Args:
        rng: source of the random values.
    """

    def __init__(self, rng: np.random.Generator) -> None:
        seconds, direct = rng.uniform(*REVERBERATION), rng.uniform(*DIRECT)
        self.decay = 10 ** (-6 * HOP / SAMPLE_RATE / seconds)  # of the power per column
        self.level = 10 ** (direct / 10) * (1 - self.decay)

    def __call__(self, mel: Mel) -> Mel:
        """Add the echo to mels (..., 80, M); values above the ceiling are left to the caller."""
        power = np.where(mel > SILENCE, 10 ** (mel * (DB_PER_MEL / 10)), 0.0)
        echo = np.zeros_like(power)
        for column in range(1, mel.shape[-1]):
            echo[..., column] = self.decay * (echo[..., column - 1] + power[..., column - 1])
        total = power + self.level * echo
        floor = 10 ** (SILENCE * DB_PER_MEL / 10)
        out: NDArray[np.float32] = np.log10(np.maximum(total, floor)).astype(np.float32)
        return out * np.float32(10 / DB_PER_MEL)
