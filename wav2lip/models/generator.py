"""The Wav2Lip generator: it renders the mouth from audio and keeps the upper face (Prajwal et al., ACM MM 2020)."""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from wav2lip.models.audio_encoder import (
    AUDIO_CHANNELS,
    GENERATOR_AUDIO_RESIDUALS,
    AudioEncoder,
)
from wav2lip.models.blocks import ConvBlock, extend, scale_channels
from wav2lip.models.face_decoder import DECODER_CHANNELS, FaceDecoder
from wav2lip.models.face_encoder import FACE_CHANNELS, FACE_RESIDUALS, FaceEncoder, stage_strides
from wav2lip.models.warp import MAPS, WarpBlend
from wav2lip.types import IMAGE_SIZE, MEL_WINDOW, N_MELS, SILENCE

EMBEDDING = 512  # channels of the audio code
OUTPUT_CHANNELS = 32  # channels before the last 1x1 convolution to BGR
FACE_INPUTS = 6  # masked target (3) over reference (3)
STEM = (7, 3)  # kernel and padding of the first convolution
FOLDED_STEM = (3, 1)  # covers about as many pixels when two of them are folded per side


def mask_lower_half(faces: Tensor) -> Tensor:
    """Zero the lower half of faces (..., S, S), as published: it is what the generator renders."""
    masked = faces.clone()
    masked[..., faces.shape[-2] // 2 :, :] = 0
    return masked


def face_inputs(target: Tensor, reference: Tensor) -> Tensor:
    """Stack the masked target over the reference, as the generator takes them.

    Args:
        target: (B, 3, ..., S, S) in [0, 1]; its lower half is masked here.
        reference: the same shape, another frame of the same person.

    Returns:
        (B, 6, ..., S, S).
    """
    return torch.cat([mask_lower_half(target), reference], dim=1)


def _channels_last(faces: Tensor) -> Tensor:
    """Lay out (B, C, H, W) with the channels last: convolutions over few channels run faster."""
    return faces.contiguous(memory_format=torch.channels_last)


class Generator(nn.Module):
    """Map mel windows and masked faces to faces whose mouths match the audio.

    With default arguments this is the published network: 36,298,035 parameters and the same state-dict keys.

    Args:
        width: factor on every default channel count (rounded to a multiple of 8, at least 8).
        image_size: S, side of a face in pixels: 96 times a power of two, 288, or any size that divides down to 3-7.
        skips: False joins the face at the 1x1 bottleneck only (ablation of the U-Net skips).
        embedding: channels of the audio code; None: 512 scaled by `width`.
        face_channels: encoder channels per scale, from full size to 1x1; not scaled by `width`.
        decoder_channels: decoder channels per scale, in the same order; not scaled by `width`.
        audio_channels: five counts; not scaled by `width`.
        audio_residuals: residual blocks of the audio encoder; (2, 2, 2, 2) makes the sync
            expert's weights fit.
        max_residuals: limit on residual blocks per scale of face encoder and decoder; one number for all scales, or one
            per scale from full size to 1x1. They cost most at the large scales.
        fold: factor of the pixel-unshuffle before the network and of the pixel-shuffle after it (Shi et al.,
            CVPR 2016, section 3.2). 2 halves the working size, for a quarter of the cost; the channel lists then have
            the scales of `image_size / fold`.
        warp: True renders by warping the reference and blending colour in (`WarpBlend`).
        rectify_sound: False lets the audio code be negative.

    Raises:
        ValueError: a size or a list does not fit.

    Examples:
        >>> import torch
        >>> generator = Generator(width=0.25).eval()
        >>> mel, face = torch.zeros(2, 1, 80, 16), torch.zeros(2, 6, 96, 96)
        >>> generator(mel, face).shape
        torch.Size([2, 3, 96, 96])
    """

    def __init__(
        self,
        width: float = 1.0,
        image_size: int = IMAGE_SIZE,
        *,
        fold: int = 1,
        warp: bool = False,
        rectify_sound: bool = True,
        skips: bool = True,
        embedding: int | None = None,
        face_channels: Sequence[int] | None = None,
        decoder_channels: Sequence[int] | None = None,
        audio_channels: Sequence[int] | None = None,
        audio_residuals: Sequence[int] = GENERATOR_AUDIO_RESIDUALS,
        max_residuals: int | Sequence[int] = 3,
    ) -> None:
        super().__init__()
        if fold < 1 or image_size % (2 * fold):
            raise ValueError(f"image_size {image_size} must be a multiple of 2 * fold ({2 * fold})")
        inner_size = image_size // fold
        scales = len(stage_strides(inner_size)[0]) + 2
        face = face_channels or scale_channels(extend(FACE_CHANNELS, scales), width)
        decoder = decoder_channels or scale_channels(extend(DECODER_CHANNELS, scales), width)
        audio = audio_channels or scale_channels(AUDIO_CHANNELS, width)
        code = embedding or scale_channels([EMBEDDING], width)[0]
        hidden = scale_channels([OUTPUT_CHANNELS], width)[0]
        limits = [max_residuals] * scales if isinstance(max_residuals, int) else list(max_residuals)
        if len(limits) != scales:
            raise ValueError(f"max_residuals needs {scales} entries here, not {len(limits)}")
        face_residuals = [
            min(pair) for pair in zip(extend(FACE_RESIDUALS, scales), limits, strict=True)
        ]

        self.image_size = image_size
        self.fold = fold
        stem = STEM if fold == 1 else FOLDED_STEM
        self.face_encoder_blocks = FaceEncoder(
            inner_size, face, face_residuals, FACE_INPUTS * fold**2, stem
        )
        self.audio_encoder = AudioEncoder(audio, code, audio_residuals, rectify=rectify_sound)
        self.face_decoder_blocks = FaceDecoder(
            inner_size, code, decoder[::-1], face[::-1], limits[::-1], skips
        )
        last = nn.Conv2d(hidden, (MAPS if warp else 3) * fold**2, 1)
        self.output_block = nn.Sequential(
            ConvBlock(self.face_decoder_blocks.out_channels, hidden, 3, 1, 1),
            last,
            # Keeps the published key names: the activation is entry 2 also where it does nothing.
            nn.Identity() if warp else nn.Sigmoid(),
        )
        self.warp_blend = WarpBlend() if warp else None
        if warp:
            WarpBlend.init_to_reference(last)

    def forward(self, mel: Tensor, face: Tensor) -> Tensor:
        """Render faces from audio.

        Args:
            mel: (B, 1, 80, 16), or (B, T, 1, 80, 16) with a time axis.
            face: (B, 6, S, S) or (B, 6, T, S, S), BGR in [0, 1]; see `face_inputs`.

        Returns:
            (B, 3, S, S) or (B, 3, T, S, S), BGR in [0, 1].

        Raises:
            ValueError: faces of another size than `image_size`.
        """
        if face.dim() == 5:
            batch, _, frames = face.shape[:3]
            flat = self(mel.flatten(0, 1), face.transpose(1, 2).flatten(0, 1))
            unflat: Tensor = flat.unflatten(0, (batch, frames)).transpose(1, 2)
            return unflat
        if face.shape[-1] != self.image_size or face.shape[-2] != self.image_size:
            raise ValueError(
                f"this generator renders {self.image_size}x{self.image_size} faces, "
                f"not {face.shape[-2]}x{face.shape[-1]}"
            )
        return self.decode(self.audio_encoder(mel), face)

    def decode(self, code: Tensor, face: Tensor) -> Tensor:
        """Render faces (B, 3, S, S) from audio codes (B, embedding, 1, 1) and faces (B, 6, S, S)."""
        maps = self.maps(code, face)
        faces: Tensor = self.warp_blend(maps, face) if self.warp_blend else maps
        return faces

    def maps(self, code: Tensor, face: Tensor) -> Tensor:
        """Return the output of the last layer: (B, 3, S, S) faces, or (B, 6, S, S) maps if it warps.

        Args:
            code: (B, embedding, 1, 1), the audio code.
            face: (B, 6, S, S) in [0, 1].
        """
        folded = F.pixel_unshuffle(face, self.fold) if self.fold > 1 else face
        maps: Tensor = self.output_block(
            self.face_decoder_blocks(code, self.face_encoder_blocks(folded))
        )
        return F.pixel_shuffle(maps, self.fold) if self.fold > 1 else maps

    def neutralize(self, reference: Tensor) -> tuple[Tensor, Tensor]:
        """Render faces for silence, which closes their mouths.

        As the reference of a second pass, a neutral face lets less of its own mouth shape through.

        Args:
            reference: (B, 3, S, S) in [0, 1]; also the target.

        Returns:
            Layers (B, 6, S/2, S) that neutralize the reference (see `WarpBlend`), and the neutral faces (B, 3, S, S).

        Raises:
            ValueError: the generator does not warp.
        """
        if self.warp_blend is None:
            raise ValueError("only a generator with warp=True can neutralize a reference")
        silence = reference.new_full((1, 1, N_MELS, MEL_WINDOW), SILENCE)
        code = self.audio_encoder(silence).expand(len(reference), -1, -1, -1)
        maps = self.maps(code, face_inputs(reference, reference))
        layers = self.warp_blend.layers(maps, reference)
        upper = reference[:, :, : reference.shape[-2] // 2]
        return layers, torch.cat([upper, self.warp_blend.render(layers, reference)], dim=2)

    def render(
        self,
        mel: Tensor,
        crops: Sequence[Tensor],
        reference: Tensor,
        *,
        neutral_reference: bool = True,
        repeated: bool = False,
    ) -> list[Tensor]:
        """Render each crop with the mouth of its audio, as inference does: a crop is its own reference.

        Args:
            mel: (B, 1, 80, 16).
            crops: B crops (3, R, R), BGR in [0, 1]; R may differ from crop to crop.
            reference: (B, 3, S, S), the same crops at the network's size.
            neutral_reference: neutralize the reference first, if the generator warps; without it the mouth of the
                source shows through.
            repeated: whether all references are one picture, as those of a still: it is neutralized once.

        Returns:
            B faces, BGR in [0, 1]: (3, R, R) with the crop's own upper half if the generator warps, else (3, S, S).
        """
        if self.warp_blend is None:
            return list(self(mel, _channels_last(face_inputs(reference, reference))))
        neutral_layers, source = None, reference
        if neutral_reference:
            neutral_layers, source = (
                part.expand(len(reference), -1, -1, -1)
                for part in self.neutralize(reference[:1] if repeated else reference)
            )
        maps = self.maps(self.audio_encoder(mel), _channels_last(face_inputs(source, source)))
        layers = self.warp_blend.layers(maps, source)
        if neutral_layers is not None:
            layers = self.warp_blend.chain(neutral_layers, layers)
        faces = []
        for i, crop in enumerate(crops):
            lower = self.warp_blend.render(layers[i : i + 1], crop[None])[0]
            faces.append(torch.cat([crop[:, : crop.shape[-2] // 2], lower], dim=1))
        return faces
