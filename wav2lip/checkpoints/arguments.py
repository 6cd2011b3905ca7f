"""The arguments that each network may be built with, and their bounds.

The bounds are far beyond any network that trains. They keep a file from asking for a network that no memory
holds. A test compares the names with the signatures.
"""

from wav2lip.types import LANDMARKS
from wav2lip.utils.fields import AnyOf, Field, Flag, Nothing, Number, Several

MAX_LIST = 16  # scales of a network; 384 px has 8
IMAGE_SIZE = Number(8, 4096, whole=True)  # pixels
WIDTH = Number(0, 16)
CHANNELS = Number(1, 8192, whole=True)
EMBEDDING = Number(1, 8192, whole=True)
WINDOW = Number(1, 125, whole=True)  # frames; 125 are five seconds
RESIDUALS = Number(0, 32, whole=True)  # blocks per stage
CHANNEL_LIST = AnyOf((Several(CHANNELS, MAX_LIST), Nothing()))
RESIDUAL_LIST = Several(RESIDUALS, MAX_LIST)

# Class of wav2lip.models -> argument -> bounds.
MOTION: dict[str, Field] = {
    "width": CHANNELS,
    "stacks": Number(1, 16, whole=True),
    "dilations": Several(Number(1, 1024, whole=True), MAX_LIST),
    "components": Number(1, LANDMARKS, whole=True),
    "lookahead_ms": AnyOf((Number(0, 10_000), Nothing())),
    "dropout": Number(0, 1),
    "points": Number(1, LANDMARKS, whole=True),
    "speech": Flag(),
}
ARGUMENTS: dict[str, dict[str, Field]] = {
    "Generator": {
        "width": WIDTH,
        "image_size": IMAGE_SIZE,
        "fold": Number(1, 16, whole=True),
        "warp": Flag(),
        "rectify_sound": Flag(),
        "skips": Flag(),
        "embedding": AnyOf((EMBEDDING, Nothing())),
        "face_channels": CHANNEL_LIST,
        "decoder_channels": CHANNEL_LIST,
        "audio_channels": CHANNEL_LIST,
        "audio_residuals": RESIDUAL_LIST,
        "max_residuals": AnyOf((RESIDUALS, RESIDUAL_LIST)),
    },
    "SyncNet": {
        "width": WIDTH,
        "image_size": IMAGE_SIZE,
        "stem_stride": Number(1, 2, whole=True),
        "embedding": EMBEDDING,
        "final_relu": Flag(),
        "face_channels": CHANNEL_LIST,
        "audio_channels": CHANNEL_LIST,
        "audio_residuals": RESIDUAL_LIST,
        "max_residuals": RESIDUALS,
        "frames": AnyOf((WINDOW, Nothing())),
        "window": WINDOW,
    },
    "MeshSyncNet": {
        "width": CHANNELS,
        "components": MOTION["components"],
        "embedding": EMBEDDING,
        "dropout": Number(0, 1),
        "points": MOTION["points"],
        "speech": Flag(),
    },
    "QualityDiscriminator": {"width": WIDTH, "image_size": IMAGE_SIZE},
    "SyncNetV2": {},
    "LipMotion": MOTION,
    "MouthInpainter": {"width": WIDTH, "deep": Flag()},
    "PatchDiscriminator": {"width": WIDTH},
    "MeshGenerator": {"inpainter_width": WIDTH, "inpainter_deep": Flag(), **MOTION},
}
