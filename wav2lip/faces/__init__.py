"""Find faces, follow them through a video, cut them out and paste them back.

The submodules load on first use: each detector needs another library.
"""

from typing import TYPE_CHECKING

import lazy_loader

if TYPE_CHECKING:  # type checkers do not follow lazy names
    from wav2lip.faces.blending import paste_face as paste_face
    from wav2lip.faces.boxes import iou as iou
    from wav2lip.faces.boxes import pad_box as pad_box
    from wav2lip.faces.cache import CachedDetector as CachedDetector
    from wav2lip.faces.crop_tracking import align_crops as align_crops
    from wav2lip.faces.crop_tracking import track_crops as track_crops
    from wav2lip.faces.crops import Crop as Crop
    from wav2lip.faces.crops import cut_face as cut_face
    from wav2lip.faces.detectors.build import Detector as Detector
    from wav2lip.faces.detectors.build import build_detector as build_detector
    from wav2lip.faces.head_pose import HeadPose as HeadPose
    from wav2lip.faces.landmark_tracking import find_landmarks as find_landmarks
    from wav2lip.faces.landmark_tracking import smooth_landmarks as smooth_landmarks
    from wav2lip.faces.landmark_tracking import track_landmarks as track_landmarks
    from wav2lip.faces.landmarks import Landmarks as Landmarks
    from wav2lip.faces.mesh import FaceMesh as FaceMesh
    from wav2lip.faces.shots import ShotCounter as ShotCounter
    from wav2lip.faces.tracked_frame import TrackedFace as TrackedFace
    from wav2lip.faces.tracked_frame import TrackedFrame as TrackedFrame
    from wav2lip.faces.tracking import track_faces as track_faces

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "blending": ["paste_face"],
        "boxes": ["iou", "pad_box"],
        "cache": ["CachedDetector"],
        "crop_tracking": ["align_crops", "track_crops"],
        "crops": ["Crop", "cut_face"],
        "detectors": ["Detector", "build_detector"],
        "head_pose": ["HeadPose"],
        "landmark_tracking": ["find_landmarks", "smooth_landmarks", "track_landmarks"],
        "landmarks": ["Landmarks"],
        "mesh": ["FaceMesh"],
        "shots": ["ShotCounter"],
        "tracked_frame": ["TrackedFace", "TrackedFrame"],
        "tracking": ["track_faces"],
    },
)
