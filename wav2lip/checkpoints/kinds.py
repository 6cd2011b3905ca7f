"""The kinds of networks that a checkpoint may hold. Imports no torch, so that a command line can be checked first."""

from typing import Literal, get_args

Kind = Literal[
    "generator",
    "syncnet",
    "quality_discriminator",
    "syncnet_v2",
    "mouth_encoder",
    "lip_motion",
    "mouth_inpainter",
    "patch_discriminator",
]
KINDS: tuple[Kind, ...] = get_args(Kind)  # in order of preference where a file holds several
