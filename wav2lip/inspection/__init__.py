"""Show what is found in a video: shots, faces, landmarks, head pose, mouth and voice.

The submodules load on first use.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "findings": ["FaceFinding", "Findings", "inspect_video"],
        "picture": ["draw_findings"],
        "table": ["track_table", "write_faces"],
    },
)
