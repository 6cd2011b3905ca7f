"""Talking faces in real time: sound in, frames out.

The public classes are `Avatar`, `LiveSession`, `LiveWorker`, `LiveFrame` and `SessionError`. The
generator runs behind an engine object, so that nothing here imports torch.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "avatar": ["Avatar"],
        "live_frame": ["LiveFrame"],
        "session": ["LiveSession"],
        "session_error": ["SessionError"],
        "worker": ["LiveWorker"],
    },
)
