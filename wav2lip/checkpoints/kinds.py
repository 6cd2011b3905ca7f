"""The kinds of networks that a checkpoint may hold. Imports no torch, so that a command line can be checked first."""

from typing import Literal, get_args

Kind = Literal[
    "generator",
    "syncnet",
    "mesh_syncnet",
    "quality_discriminator",
    "syncnet_v2",
    "lip_motion",
    "mouth_inpainter",
    "patch_discriminator",
]
KINDS: tuple[Kind, ...] = get_args(Kind)  # in order of preference where a file holds several
NETWORK_NAMES: dict[Kind, str] = {  # for messages
    "generator": "a generator",
    "syncnet": "a sync expert",
    "mesh_syncnet": "a sync expert of geometry",
    "quality_discriminator": "a quality discriminator",
    "syncnet_v2": "SyncNet v2, the judge of the LSE scores",
    "lip_motion": "a network of lip motion",
    "mouth_inpainter": "a mouth inpainter",
    "patch_discriminator": "a discriminator of mouths",
}
