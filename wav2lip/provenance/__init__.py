"""Content Credentials (C2PA): sign a video with what it was made from, and read such a signature."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "manifest": ["Ingredient"],
        "sign": ["VideoSigner"],
        "verify": ["Credentials", "read_credentials"],
    },
)
