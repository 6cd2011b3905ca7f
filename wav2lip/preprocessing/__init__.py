"""Preprocessing: from videos to clip files and a manifest."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submodules=["audit"],
    submod_attrs={
        "clip": ["Video", "video_to_clips"],
        "corpus": ["plan_jobs", "preprocess"],
        "inputs": ["find_inputs"],
        "jobs": ["VideoJob", "Outcome", "run_job"],
        "frame_folders": ["frames_to_clips"],
        "settings": ["ClipSettings"],
        "splits": ["assign_splits", "read_splits"],
    },
)
