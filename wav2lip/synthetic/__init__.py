"""Synthetic talking faces with known audio-video offset, for tests and demonstrations."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "clips": [
            "SyntheticClip",
            "synthesize",
            "write_synthetic_clip",
            "write_synthetic_corpus",
            "write_synthetic_video",
        ],
        "face": ["Pose", "SyntheticFace"],
        "voice": ["Voice", "speak"],
    },
)
