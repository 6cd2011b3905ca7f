"""Augmentation of face crops and mel windows.

All frames of a sample get the same change, so that the motion between them is preserved. Audio is
changed on its mel: a gain of g dB adds 0.08 g to it, because 100 dB span 8 mel units (see
`wav2lip.media.mel`). Digital silence stays silence.
"""

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from wav2lip.data.degrade import FaceDegradation, Reverberation
from wav2lip.media.mel import FMAX, FMIN
from wav2lip.types import N_MELS, SILENCE, Image, Mel

MEL_PER_DB = 0.08  # mel units
MEL_CEILING = 4.0  # highest mel value
SLOPE = np.linspace(-0.5, 0.5, N_MELS, dtype=np.float32)[:, None]  # from low to high bands
NOISE_STD = 0.25  # mel units
NOISE_LEVEL = (-3.5, -1.0)  # mel units, range of the mean of background noise
BYTES = 256  # values of a random byte
BYTE_SCALE = np.float32(NOISE_STD / (2 * (BYTES**2 - 1) / 12) ** 0.5)  # for the sum of two bytes
MAX_FIRST_BAND, MAX_BANDS = 70, 11  # of a frequency mask, exclusive
LOWEST_PASSED = (
    80.0,
    400.0,
)  # Hz, range of the lower limit of a narrow channel; a telephone's is 300
HIGHEST_PASSED = (3_000.0, 7_000.0)  # Hz, range of its upper limit; a telephone's is 3,400


@dataclass(frozen=True)
class AugmentSettings:
    """Strength of each augmentation. 0 switches one off.

    Attributes:
        flip: probability of a horizontal flip.
        shift: largest shift, share of the face's side.
        scale: largest relative change of size.
        rotate: largest in-plane rotation, degrees.
        colour: largest relative gain, of the contrast and of each channel.
        gain: largest audio gain, dB.
        noise: probability of background noise.
        freq_mask: probability of silencing a band of mel frequencies.
        tempo: largest relative change of speed, of video and audio alike; 0.05 is hardly noticeable.
        vocal_tract: largest relative change of the voice's formants (vocal tract length perturbation; Jaitly
            and Hinton, 2013, "Vocal Tract Length Perturbation (VTLP) improves speech recognition"); 0.1
            is the paper's.
        band_limit: probability of a narrow channel, such as a telephone's.
        jpeg: probability of JPEG artefacts.
        coarse: probability of a low resolution: the face is reduced by up to 4 and enlarged again.
        light: probability of light from one side, and of a gamma.
        grain: probability of noise in the picture, which differs from frame to frame.
        reverberation: probability of an echoing room.
    """

    flip: float = 0.5
    shift: float = 0.06
    scale: float = 0.08
    rotate: float = 0.0
    colour: float = 0.25
    gain: float = 10.0
    noise: float = 0.5
    freq_mask: float = 0.0
    tempo: float = 0.0
    vocal_tract: float = 0.0
    band_limit: float = 0.0
    jpeg: float = 0.0
    coarse: float = 0.0
    light: float = 0.0
    grain: float = 0.0
    reverberation: float = 0.0


NO_AUGMENT = AugmentSettings(
    flip=0, shift=0, scale=0, colour=0, gain=0, noise=0, freq_mask=0, tempo=0
)


@lru_cache(maxsize=1)
def band_centres() -> NDArray[np.float64]:
    """Centres (80,) of the mel bands, Hz, from low to high."""
    import librosa  # numba makes it slow to import

    return np.asarray(librosa.mel_frequencies(N_MELS + 2, fmin=FMIN, fmax=FMAX)[1:-1], np.float64)


def warp_frequencies(mel: Mel, factor: float) -> Mel:
    """Multiply every frequency of a mel (..., 80, M) by a factor, by linear interpolation between bands.

    Above 1 the formants rise, as those of a shorter vocal tract. The outermost bands repeat at the ends.

    Examples:
        >>> import numpy as np
        >>> tone = np.full((80, 1), -4, np.float32)
        >>> tone[np.abs(band_centres() - 1000).argmin()] = 2
        >>> raised = warp_frequencies(tone, 1.2)
        >>> round(float(band_centres()[raised[:, 0].argmax()]), -1)
        1190.0
    """
    centres = band_centres()
    source = np.interp(centres / factor, centres, np.arange(N_MELS))
    low = np.minimum(source.astype(np.int64), N_MELS - 2)
    weight = (source - low).astype(np.float32)[:, None]
    warped: Mel = mel[..., low, :] * (1 - weight) + mel[..., low + 1, :] * weight
    return warped


def sample_tempo(settings: AugmentSettings, rng: np.random.Generator) -> float:
    """Draw a playback speed, 1 for unchanged; a factor and its inverse are equally likely."""
    return float(np.exp(rng.uniform(-1, 1) * np.log1p(settings.tempo)))


def stretch_mel(mel: Mel, columns: int, tempo: float) -> Mel:
    """Play a mel `tempo` times as fast, with its pitch unchanged.

    A mel has no phase, so linear interpolation between columns suffices.

    Args:
        mel: (..., 80, M), M above (columns - 1) * tempo.
        columns: columns of the result.
        tempo: source columns per column of the result.

    Returns:
        (..., 80, columns).
    """
    position = tempo * np.arange(columns)
    left = np.minimum(position.astype(np.int64), mel.shape[-1] - 1)
    right = np.minimum(left + 1, mel.shape[-1] - 1)
    weight = (position - left).astype(np.float32)
    stretched: Mel = mel[..., left] * (1 - weight) + mel[..., right] * weight
    return stretched


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
            settings.jpeg, settings.coarse, settings.light, settings.grain, rng
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


class AudioAugment:
    """One random voice, gain, tilt, noise level, mask and channel, applied to all mel windows of a sample.

    The noise has one level per sample and different values in every window.

    Args:
        settings: strengths.
        rng: source of the random values.
    """

    def __init__(self, settings: AugmentSettings, rng: np.random.Generator) -> None:
        self.shift = MEL_PER_DB * rng.uniform(-settings.gain, settings.gain)
        self.noise = rng.uniform(*NOISE_LEVEL) if rng.random() < settings.noise else None
        self.band = (0, 0)
        if rng.random() < settings.freq_mask:
            first = int(rng.integers(0, MAX_FIRST_BAND))
            self.band = (first, first + int(rng.integers(1, MAX_BANDS)))
        self.tilt = rng.uniform(-1, 1) * (settings.gain > 0)
        self.warp = 1.0
        if settings.vocal_tract:
            self.warp = float(np.exp(rng.uniform(-1, 1) * np.log1p(settings.vocal_tract)))
        self.blocked: NDArray[np.bool_] | None = None  # (80,) bands outside the channel
        if settings.band_limit and rng.random() < settings.band_limit:
            low, high = rng.uniform(*LOWEST_PASSED), rng.uniform(*HIGHEST_PASSED)
            self.blocked = (band_centres() < low) | (band_centres() > high)
        self.echo: Reverberation | None = None
        if settings.reverberation and rng.random() < settings.reverberation:
            self.echo = Reverberation(rng)
        self._rng = rng

    def __call__(self, mel: Mel) -> Mel:
        """Change mel windows (..., 80, M); the values stay in [-4, 4]."""
        if self.warp != 1:
            mel = warp_frequencies(mel, self.warp)
        if self.echo:
            mel = np.minimum(self.echo(mel), np.float32(MEL_CEILING))
        unchanged = not (self.shift or self.tilt or self.band[1])
        if unchanged and self.noise is None and self.blocked is None:
            return mel
        change = np.float32(self.shift) + np.float32(self.tilt) * SLOPE
        out = np.where(mel > SILENCE, mel + change, mel)
        if self.noise is not None:
            # The sum of two random bytes is close to normal and four times as fast to generate.
            pair = self._rng.integers(0, BYTES, (2, *mel.shape), np.uint8)
            level = np.add(*pair, dtype=np.float32)
            level = (level - np.float32(BYTES - 1)) * BYTE_SCALE + np.float32(self.noise)
            np.maximum(out, level, out=out)
        out[..., self.band[0] : self.band[1], :] = SILENCE
        if self.blocked is not None:
            out[..., self.blocked, :] = SILENCE
        return np.clip(out, SILENCE, MEL_CEILING).astype(np.float32)
