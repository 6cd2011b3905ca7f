"""From clip files to training batches: windows, augmentation, datasets and data modules.

The submodules load on first use. None of them needs a video library or a face detector.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "audio_augment": ["AudioAugment"],
        "augment": ["NO_AUGMENT", "AugmentSettings"],
        "cache": ["CropCache"],
        "clip_dataset": ["Clip", "ClipDataset"],
        "datamodule": ["ClipDataModule", "ResumableSampler", "load_clips"],
        "datasets": ["LipDataset", "SyncDataset"],
        "face_augment": ["FaceAugment"],
        "motion": ["MotionDataset"],
        "motion_basis": ["MotionBasis", "motion_basis"],
        "reference": ["PoseMatchedReference", "RandomReference", "ReferencePolicy"],
        "speaker": ["SpeakerDataModule"],
    },
)
