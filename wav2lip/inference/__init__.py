"""Animate a face with audio. The public class is `LipSyncer`."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "batch_jobs": ["Job", "read_jobs", "run_jobs"],
        "lip_syncer": ["LipSyncer"],
        "output_frame": ["OutputFrame"],
        "pipeline": ["StageTiming", "ThreadedPipeline"],
        "renderer": ["FaceRenderer"],
        "report": ["Report"],
        "settings": ["Settings"],
        "strip": ["Strip"],
    },
)
