"""Predict the motion of the lower face from sound.

The motion is geometry, not pixels: coefficients of principal components of the face mesh, 40 times a second.
"""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from wav2lip.types import (
    AUDIO_CHANNELS,
    LOWER_FACE,
    MEL_RATE,
    MOTION_COLUMNS,
    N_MELS,
    SILENCE,
    SPEECH_CHANNELS,
)

KERNEL = 3  # steps that a convolution reads
STEP_MS = 1000 * MOTION_COLUMNS / MEL_RATE  # 25 ms
# From the time of a step to the last sample of its own columns: half a column, and half a window of the STFT (50 ms).
OWN_LOOKAHEAD_MS = STEP_MS / 4 + 25
SPEECH_LOOKAHEAD_MS = (
    STEP_MS / 4 + 148
)  # the same with features of speech, see `wav2lip.media.speech_features`
XYZ = 3  # coordinates of a point
SPEECH_DROPOUT = (
    0.2  # of whole channels of the features of speech, which have more than a small corpus can use
)


class ChannelNorm(nn.LayerNorm):
    """Layer normalisation over the channels of each step (B, C, S); no step sees another."""

    def forward(self, maps: Tensor) -> Tensor:
        """Normalise (B, C, S)."""
        normalized: Tensor = super().forward(maps.transpose(1, 2)).transpose(1, 2)
        return normalized


class StepConv(nn.Module):
    """Convolution over steps that reads at most `ahead` steps of the future; the length stays the same.

    Args:
        in_channels: of the input.
        out_channels: of the output.
        dilation: steps between two steps that are read.
        ahead: steps of the future, up to `dilation`; with fewer the reach into the past grows instead.
        padding: value before the first and after the last step.
    """

    def __init__(
        self, in_channels: int, out_channels: int, dilation: int, ahead: int, padding: float = 0.0
    ) -> None:
        super().__init__()
        self.conv = nn.Conv1d(in_channels, out_channels, KERNEL, dilation=dilation)
        self.reach = ((KERNEL - 1) * dilation - ahead, ahead)
        self.padding = padding

    def forward(self, maps: Tensor) -> Tensor:
        """Convolve (B, C, S) to (B, D, S)."""
        convolved: Tensor = self.conv(F.pad(maps, self.reach, value=self.padding))
        return convolved


class MotionBlock(nn.Module):
    """Residual block: dilated convolution, normalisation, GELU, mixing of channels.

    Args:
        width: channels.
        dilation: see `StepConv`.
        ahead: see `StepConv`.
        dropout: probability.
    """

    def __init__(self, width: int, dilation: int, ahead: int, dropout: float) -> None:
        super().__init__()
        self.steps = StepConv(width, width, dilation, ahead)
        self.norm = ChannelNorm(width)
        self.mix = nn.Conv1d(width, width, 1)
        self.dropout = nn.Dropout(dropout)

    def forward(self, maps: Tensor) -> Tensor:
        """Refine (B, width, S)."""
        refined: Tensor = maps + self.dropout(self.mix(F.gelu(self.norm(self.steps(maps)))))
        return refined


class LipMotion(nn.Module):
    """Predict how the lower face deviates from its neutral shape: closed, relaxed lips.

    The mesh is seen from the front, in the axes and unit of `wav2lip.faces.head_pose.MeanFace` (right, down, away
    from the camera; the unit is the distance between the outer eye corners). `wav2lip.faces.neutral_shape` finds a
    person's neutral shape. A prediction depends on no statistic of the whole sound, so that a stream gives the same
    as a file.

    Args:
        width: channels.
        stacks: how often the list of dilations is repeated.
        dilations: of the residual blocks, in steps of 25 ms.
        components: K, principal components.
        lookahead_ms: how far after the time of a step the sound is read, at most; null: as far as the convolutions
            reach. Sound before it costs no delay and is always read as far as they reach.
        dropout: probability, of each block.
        points: P, points of the mesh that move.
        speech: read features of speech beneath the mel, see `wav2lip.media.audio_features`.

    Attributes:
        channels: C, of the sound that it reads: 80, or 368 with `speech`.
        vertices: (P,) int64, numbers of the points that move.
        basis: (K, P, 3) principal components times their standard deviation.
        gain: (K,) factor on the coefficients. A network that is uncertain predicts a mean, which moves less than a
            face; `scale_motion` restores the range.

    Raises:
        ValueError: `lookahead_ms` is shorter than the columns of a step.
    """

    vertices: Tensor
    basis: Tensor
    gain: Tensor

    def __init__(
        self,
        width: int = 96,
        stacks: int = 2,
        dilations: Sequence[int] = (1, 2, 4, 8),
        components: int = 12,
        lookahead_ms: float | None = 200,
        dropout: float = 0.4,
        points: int = LOWER_FACE,
        speech: bool = False,
    ) -> None:
        super().__init__()
        self.channels = AUDIO_CHANNELS[speech]
        self._own_ms = SPEECH_LOOKAHEAD_MS if speech else OWN_LOOKAHEAD_MS
        left = 1 + stacks * sum(dilations)
        if lookahead_ms is not None:
            if lookahead_ms < self._own_ms:
                raise ValueError(
                    f"lookahead_ms must be at least {self._own_ms:g}, not {lookahead_ms:g}"
                )
            left = min(left, int((lookahead_ms - self._own_ms) / STEP_MS))
        self.ahead = left

        def take(dilation: int) -> int:
            nonlocal left
            ahead = min(dilation, left)
            left -= ahead
            return ahead

        self.start = StepConv(N_MELS * MOTION_COLUMNS, width, 1, take(1), padding=-1.0)
        self.speech = (
            nn.Sequential(nn.Dropout1d(SPEECH_DROPOUT), nn.Conv1d(SPEECH_CHANNELS, width, 1))
            if speech
            else None
        )
        self.blocks = nn.Sequential(
            *(MotionBlock(width, d, take(d), dropout) for _ in range(stacks) for d in dilations)
        )
        self.coefficients = nn.Conv1d(width, components, 1)
        self.register_buffer("vertices", torch.zeros(points, dtype=torch.int64))
        self.register_buffer("basis", torch.zeros(components, points, XYZ))
        self.register_buffer("gain", torch.ones(components))

    @property
    def lookahead_ms(self) -> float:
        """How far after the time of a step the sound is read, in milliseconds."""
        return self.ahead * STEP_MS + self._own_ms

    @property
    def behind(self) -> int:
        """How many steps of the past a prediction reads."""
        layers = (layer for layer in self.modules() if isinstance(layer, StepConv))
        return sum(layer.reach[0] for layer in layers)

    def forward(self, audio: Tensor) -> Tensor:
        """Predict motion.

        Args:
            audio: (B, C, M): a mel, with features of speech beneath it if `speech` is set.

        Returns:
            (B, K, ceil(M / 2)) coefficients of `basis`. Step s covers mel columns 2s and 2s + 1;
            `wav2lip.media.alignment.sample_motion` reads it at times in seconds.
        """
        audio = F.pad(audio, (0, audio.shape[2] % MOTION_COLUMNS), value=SILENCE) / -SILENCE
        mel = audio[:, :N_MELS]
        steps = mel.reshape(*mel.shape[:2], -1, MOTION_COLUMNS).transpose(2, 3).flatten(1, 2)
        maps = self.start(steps)
        if self.speech is not None:
            maps = maps + self.speech(F.avg_pool1d(audio[:, N_MELS:], MOTION_COLUMNS))
        motion: Tensor = self.coefficients(F.gelu(self.blocks(maps)))
        return motion * self.gain[:, None]

    def scale_motion(self, factor: float) -> None:
        """Multiply the predicted motion, for all sounds alike."""
        self.gain.mul_(factor)

    def deviations(self, coefficients: Tensor) -> Tensor:
        """Turn coefficients (..., K) into what `vertices` deviate from the neutral shape by: (..., P, 3)."""
        moved: Tensor = torch.tensordot(coefficients, self.basis, dims=1)
        return moved
