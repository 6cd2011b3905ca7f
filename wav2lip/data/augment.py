"""How strongly samples are augmented; `wav2lip.data.face_augment` and `audio_augment` do it.

All frames of a sample get the same change, so that the motion between them is preserved.
"""

from dataclasses import dataclass

import numpy as np


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
        h264: probability of the artefacts of a video encoder, which codes the faces of a sample one after another.
        reverberation: probability of an echoing room.
        sharpen: largest share of the detail that is added again, of pairs of mouths; faces in videos are softer than
            those in photos.
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
    h264: float = 0.0
    reverberation: float = 0.0
    sharpen: float = 0.0


NO_AUGMENT = AugmentSettings(
    flip=0, shift=0, scale=0, colour=0, gain=0, noise=0, freq_mask=0, tempo=0
)


def sample_tempo(settings: AugmentSettings, rng: np.random.Generator) -> float:
    """Draw a playback speed, 1 for unchanged; a factor and its inverse are equally likely."""
    return float(np.exp(rng.uniform(-1, 1) * np.log1p(settings.tempo)))
