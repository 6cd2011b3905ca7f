"""Clip files that show a real face (public domain) whose mesh was moved by known coefficients of the motion basis."""

from pathlib import Path

import cv2
import numpy as np
from skimage import data

from wav2lip.clips import MANIFEST, ManifestRow, write_clip, write_manifest
from wav2lip.clips.clip_file import encode_crop
from wav2lip.data.motion_basis import motion_basis
from wav2lip.faces.landmark_tracking import find_landmarks
from wav2lip.faces.landmarks import Landmarks
from wav2lip.faces.mesh import FaceMesh
from wav2lip.faces.mesh_warp import mesh_warp
from wav2lip.faces.neutral_shape import close_lips

SIDE, PAD = 240, 0.125  # px of a crop, and its margin
FACE = SIDE / (1 + 2 * PAD)  # px


def smiling_face():
    """A crop (240, 240, 3) BGR, and its landmarks in pixels."""
    picture = np.ascontiguousarray(data.astronaut()[40:180, 150:290, ::-1])
    crop = cv2.resize(picture, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC)
    found, box, mesh = None, np.array([40, 40, 200, 215], np.float32), FaceMesh()
    for _ in range(3):
        found = find_landmarks(crop, box, mesh, found)
        box = found.box
    return crop, found


def opened(crop, face, opening):
    """Give the face a lip gap of `opening` units of the eyes' distance."""
    basis = motion_basis()
    shape = face.pose.face_on(face.points)
    lower = close_lips(shape[basis.vertices], basis.vertices, basis.components)
    growth = basis.measures()[:, 0]
    lower += np.tensordot(opening * growth / (growth @ growth), basis.components, 1)
    shape[basis.vertices] = lower
    target = face.pose.place(shape)
    warp, moved = mesh_warp(face.points, target, crop.shape[:2]), crop.copy()
    moved[warp.rows, warp.columns] = warp(crop)
    return moved, Landmarks(target)


def write_mouth_corpus(folder: Path, clips: dict[str, int], frames: int = 40):
    """Write clips of each split with a manifest; the mouth opens and closes every 20 frames."""
    crop, face = smiling_face()
    gaps = 0.075 * (1 - np.cos(2 * np.pi * np.arange(frames) / 20))
    made = [opened(crop, face, gap) for gap in gaps]
    crops = [encode_crop(image) for image, _ in made]
    points = np.stack([(f.points / FACE) - (PAD, PAD, 0) for _, f in made])
    boxes = np.tile(np.array([0, 0, FACE, FACE], np.float32), (frames, 1))
    times, rows = np.arange(frames) / 25, []
    mel, pcm = np.zeros((frames * 16 // 5, 80), np.float32), np.zeros(frames * 640, np.int16)
    for split, count in clips.items():
        for number in range(count):
            name = f"clips/{split}{number}.safetensors"
            metadata = {
                "source": f"{split}{number}.mp4",
                "fps": 25.0,
                "crop_size": SIDE,
                "pad": PAD,
            }
            write_clip(
                folder / name,
                crops,
                boxes,
                times,
                mel,
                pcm,
                {**metadata, "face_crop": "aligned"},
                roll=np.zeros(frames, np.float32),
                landmarks=points,
            )
            source = f"{split}{number}.mp4"
            row = ManifestRow(
                *(name, source, source, split, 0, 0.0, frames, 25.0, FACE, 1.0, 100.0, -20.0)
            )
            rows.append(row)
    write_manifest(folder / MANIFEST, rows)
    return gaps
