"""The Wav2Lip generator (Prajwal et al., ACM MM 2020): upper face and sound give the mouth."""

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
from wav2lip.types import SILENCE

EMBEDDING = 512  # channels where sound and face meet
OUTPUT_CHANNELS = 32  # channels before the last 1x1 convolution to BGR
FACE_INPUTS = 6  # masked target (3) over reference (3)
MEL_WINDOW = (1, 80, 16)  # what is heard for one frame
STEM = (7, 3)  # kernel and padding of the first convolution
FOLDED_STEM = (3, 1)  # as wide in pixels once a step is two of them


def mask_lower_half(faces: Tensor) -> Tensor:
    """Faces (..., S, S) with the lower half zeroed, as published: what the generator has to draw."""
    masked = faces.clone()
    masked[..., faces.shape[-2] // 2 :, :] = 0
    return masked


class Generator(nn.Module):
    """Mel windows and masked faces -> faces whose mouths say it.

    forward: mel (B, 1, 80, 16), face (B, 6, S, S) -> (B, 3, S, S), or
    mel (B, T, 1, 80, 16), face (B, 6, T, S, S) -> (B, 3, T, S, S); BGR in [0, 1].
    Channels 0-2 of `face` are the target with its lower half zeroed, 3-5 a reference of the person.

    With default arguments this is the published network: 36,298,035 parameters, same keys.

    width: factor on every default channel count (rounded to a multiple of 8, at least 8).
    image_size: S, pixels; 96 times a power of two, 288, or whatever divides down to 3-7 pixels.
    skips: False joins the face at the 1x1 bottleneck only (ablation of the U-Net skips).
    embedding: channels of the encoded sound; the scaled 512 if None.
    face_channels, decoder_channels: one count a scale from full size to 1x1, taken as they are.
    audio_channels: five counts, taken as they are.
    audio_residuals: (2, 2, 2, 2) gives the sync expert's audio encoder, so that its weights fit.
    max_residuals: at most so many residual blocks a scale in the face encoder and decoder; one count
        for all, or one a scale from full size to 1x1 (they cost most where pictures are large).
    fold: pixels a side that are folded into channels on the way in and out: 2 works at half the size,
        at a quarter of the cost (Shi et al., CVPR 2016, section 3.2). The lists then have the scales
        of `image_size / fold`.
    warp: True draws by moving the reference and colouring in (`WarpBlend`), instead of from nothing.
    rectify_sound: False lets the encoded sound be negative.
    Raises ValueError for a size or a list that does not fit.
    """

    def __init__(
        self,
        width: float = 1.0,
        image_size: int = 96,
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
        inner = image_size // fold
        scales = len(stage_strides(inner)[0]) + 2
        face = face_channels or scale_channels(extend(FACE_CHANNELS, scales), width)
        decoder = decoder_channels or scale_channels(extend(DECODER_CHANNELS, scales), width)
        audio = audio_channels or scale_channels(AUDIO_CHANNELS, width)
        sound = embedding or scale_channels([EMBEDDING], width)[0]
        hidden = scale_channels([OUTPUT_CHANNELS], width)[0]
        most = [max_residuals] * scales if isinstance(max_residuals, int) else list(max_residuals)
        if len(most) != scales:
            raise ValueError(f"{scales} max_residuals are needed here, not {len(most)}")
        face_residuals = [
            min(pair) for pair in zip(extend(FACE_RESIDUALS, scales), most, strict=True)
        ]

        self.image_size = image_size
        self.fold = fold
        self.face_encoder_blocks = FaceEncoder(
            inner, face, face_residuals, FACE_INPUTS * fold**2, STEM if fold == 1 else FOLDED_STEM
        )
        self.audio_encoder = AudioEncoder(audio, sound, audio_residuals, rectify=rectify_sound)
        self.face_decoder_blocks = FaceDecoder(
            inner, sound, decoder[::-1], face[::-1], most[::-1], skips
        )
        last = nn.Conv2d(hidden, (MAPS if warp else 3) * fold**2, 1)
        self.output_block = nn.Sequential(
            ConvBlock(self.face_decoder_blocks.out_channels, hidden, 3, 1, 1),
            last,
            # Only the published output is squashed here; its place in the list is part of the keys.
            nn.Identity() if warp else nn.Sigmoid(),
        )
        self.composition = WarpBlend() if warp else None
        if warp:
            WarpBlend.start_from_reference(last)

    def forward(self, mel: Tensor, face: Tensor) -> Tensor:
        """Mel and face with or without a time axis -> faces in [0, 1], likewise."""
        if face.dim() == 5:
            batch, _, frames = face.shape[:3]
            flat = self(mel.flatten(0, 1), face.transpose(1, 2).flatten(0, 1))
            unflat: Tensor = flat.unflatten(0, (batch, frames)).transpose(1, 2)
            return unflat
        if face.shape[-1] != self.image_size or face.shape[-2] != self.image_size:
            raise ValueError(
                f"this generator draws {self.image_size}x{self.image_size} faces, "
                f"not {face.shape[-2]}x{face.shape[-1]}"
            )
        return self.draw(self.audio_encoder(mel), face)

    def draw(self, sound: Tensor, face: Tensor) -> Tensor:
        """Encoded sound (B, embedding, 1, 1) and faces (B, 6, S, S) -> (B, 3, S, S)."""
        maps = self.maps(sound, face)
        drawn: Tensor = self.composition(maps, face) if self.composition else maps
        return drawn

    def maps(self, sound: Tensor, face: Tensor) -> Tensor:
        """As `draw`, before the composition where there is one: then (B, 6, S, S), see `WarpBlend`."""
        folded = F.pixel_unshuffle(face, self.fold) if self.fold > 1 else face
        maps: Tensor = self.output_block(
            self.face_decoder_blocks(sound, self.face_encoder_blocks(folded))
        )
        return F.pixel_shuffle(maps, self.fold) if self.fold > 1 else maps

    def neutralize(self, reference: Tensor) -> tuple[Tensor, Tensor]:
        """A face (B, 3, S, S) that says nothing, drawn over itself by a generator that warps.

        Returns the layers (B, 6, S/2, S) that bring it to rest, see `WarpBlend`, and what they show,
        (B, 3, S, S): as the reference of a second drawing it lets less of the first mouth through.
        """
        assert self.composition is not None, "only a generator with warp=True draws layers"
        silence = reference.new_full((1, *MEL_WINDOW), SILENCE)
        sound = self.audio_encoder(silence).expand(len(reference), -1, -1, -1)
        face = torch.cat([mask_lower_half(reference), reference], dim=1)
        layers = self.composition.layers(self.maps(sound, face), reference)
        upper = reference[:, :, : reference.shape[-2] // 2]
        return layers, torch.cat([upper, self.composition.show(layers, reference)], dim=2)
