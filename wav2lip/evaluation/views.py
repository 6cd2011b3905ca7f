"""The part of a frame that a judge takes, always as a square."""

from typing import Protocol

import cv2
import numpy as np

from wav2lip.faces.crops import Crop, cut_face
from wav2lip.metrics.judges import JUDGE_SIZE
from wav2lip.types import CropKind, Image

# Face-track mode of the published evaluation, in halves of the box's longer side about its centre.
TRACK_UP = 1.0
TRACK_DOWN = 1.8
TRACK_SIDE = 1.4
TRACK_BORDER = 110  # grey level beyond the frame's edge


class View(Protocol):
    """Cuts the judge's square out of a frame.

    Attributes:
        size: side S of the square, px.
        needs_face: whether a frame without a face has no view.
        face_crop: where the faces of its crops are cut out.
    """

    size: int
    needs_face: bool
    face_crop: CropKind

    def __call__(self, image: Image, crop: Crop) -> Image:
        """Cut a frame (H,W,3) BGR at the crop of its face -> (S,S,3)."""
        ...


class FaceView:
    """The face without a margin, as in the training crops of the experts.

    Args:
        size: side of the square, px.
        face_crop: where the faces of the expert's training clips are cut out.
    """

    needs_face = True

    def __init__(self, size: int, face_crop: CropKind = "s3fd") -> None:
        self.size, self.face_crop = size, face_crop

    def __call__(self, image: Image, crop: Crop) -> Image:
        """Cut (H,W,3) -> (size,size,3)."""
        return cut_face(image, crop, self.size)


class FrameView:
    """The whole frame, aspect ratio not kept: the published whole-clip mode, for clips cut to a face."""

    needs_face = False
    size = JUDGE_SIZE
    face_crop: CropKind = "s3fd"

    def __call__(self, image: Image, crop: Crop) -> Image:
        """Resize (H,W,3) -> (224,224,3); the crop has no effect."""
        return np.asarray(cv2.resize(image, (self.size, self.size)), np.uint8)


class TrackView:
    """The published face-track mode: the face with a wide margin, cut at whole pixels, 224 px."""

    needs_face = True
    size = JUDGE_SIZE
    face_crop: CropKind = "s3fd"

    def __call__(self, image: Image, crop: Crop) -> Image:
        """Cut (H,W,3) -> (224,224,3); grey beyond the edges of the frame."""
        box = crop.box
        half = float(max(box[2] - box[0], box[3] - box[1])) / 2
        x, y = float(box[0] + box[2]) / 2, float(box[1] + box[3]) / 2
        top, bottom = int(np.floor(y - TRACK_UP * half)), int(np.floor(y + TRACK_DOWN * half))
        left, right = int(np.floor(x - TRACK_SIDE * half)), int(np.floor(x + TRACK_SIDE * half))
        height, width = image.shape[:2]
        part = image[max(0, top) : max(0, bottom), max(0, left) : max(0, right)]
        border = (max(0, -top), max(0, bottom - height), max(0, -left), max(0, right - width))
        grey = (TRACK_BORDER, TRACK_BORDER, TRACK_BORDER)
        whole = cv2.copyMakeBorder(part, *border, cv2.BORDER_CONSTANT, value=grey)
        return np.asarray(cv2.resize(whole, (self.size, self.size)), np.uint8)
