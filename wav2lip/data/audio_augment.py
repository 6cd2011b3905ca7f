"""Augmentation of audio on its mel windows.

A gain of g dB adds 0.08 g to a mel, because 100 dB span 8 mel units (see `wav2lip.media.mel`). Digital silence stays
silence.
"""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from wav2lip.data.augment import AugmentSettings
from wav2lip.data.degrade import Reverberation
from wav2lip.media.mel import FMAX, FMIN
from wav2lip.types import N_MELS, SILENCE, Mel

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
