"""Compute the mean face of `wav2lip/assets/face_mesh.npz` from videos of talking people.

    python benchmarks/mean_face.py VIDEOS --connections face_mesh_connections.py --output face_mesh.npz

1. The mesh of every third of the first 60 frames of each video.
2. Generalised Procrustes analysis: the median shape of each video, then of all videos.
3. The mirror image of the mean matches every point with one on the other side; both are averaged.
4. Rigid points are those that move least with the mouth aspect ratio and least in all.
5. The unit is the distance between the outer eye corners; the median pose of the speakers has no pitch.

The triangles are those of MediaPipe's `FACEMESH_TESSELATION` (Apache-2.0), whose edges are listed triangle by triangle.
"""

import argparse
import re
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from scipy.spatial.transform import Rotation

from wav2lip.faces.detectors.blazeface_network import FULL, BlazeFaceNetwork
from wav2lip.faces.landmarks import Landmarks
from wav2lip.faces.mesh import FaceMesh, Region
from wav2lip.regions import LEFT_EYE, RIGHT_EYE
from wav2lip.types import LANDMARKS

FRAMES, STEP = 60, 3
MIN_PRESENCE = 0.8
STABLE, CALM = 0.45, 0.6  # shares of points: by motion with the mouth, and by motion in all


def meshes(video: Path, detector: BlazeFaceNetwork, mesh: FaceMesh) -> Any:
    """Return the meshes of the largest face, (T, 468, 3)."""
    reader, found, points = cv2.VideoCapture(str(video)), [], None
    for index in range(1, FRAMES + 1):
        ok, image = reader.read()
        if not ok:
            break
        if index % STEP:
            continue
        if points is None:
            faces = detector(image)
            if not len(faces):
                continue
            face = max(faces, key=lambda face: float(np.prod(face[2:4] - face[:2])))
            points, _ = mesh(image, Region.of_eyes(face[:4], face[5:7], face[7:9]))
        points, presence = mesh(image, Region.of_points(points))
        if presence < MIN_PRESENCE:
            points = None
        else:
            found.append(points)
    return np.array(found, np.float64).reshape(-1, LANDMARKS, 3)


def fit(source: Any, target: Any, weights: Any) -> tuple[float, Any, Any]:
    """Fit a similarity: target ~ scale * source @ rotation.T + shift (Umeyama 1991)."""
    weights = weights / weights.sum()
    source_mean, target_mean = weights @ source, weights @ target
    a, b = source - source_mean, target - target_mean
    u, strengths, v = np.linalg.svd((b * weights[:, None]).T @ a)
    signs = np.array([1, 1, np.sign(np.linalg.det(u @ v))])
    rotation = u * signs @ v
    scale = strengths @ signs / (weights @ (a * a).sum(1))
    return scale, rotation, target_mean - scale * rotation @ source_mean


def normal(shape: Any) -> Any:
    shape = shape - shape.mean(axis=0)
    return shape / np.sqrt((shape**2).sum(axis=1).mean())


def align(shapes: Any, mean: Any, weights: Any) -> Any:
    out = np.empty_like(shapes)
    for i, shape in enumerate(shapes):
        scale, rotation, shift = fit(shape, mean, weights)
        out[i] = scale * shape @ rotation.T + shift
    return out


def symmetrise(mean: Any) -> tuple[Any, Any]:
    """Return the mean of a shape and its mirror image, and the index of each point's partner."""
    mirrored = mean * [-1, 1, 1]
    for _ in range(30):
        near = ((mirrored[:, None] - mean[None]) ** 2).sum(-1).argmin(axis=1)
        scale, rotation, shift = fit(mirrored, mean[near], np.ones(LANDMARKS))
        mirrored = scale * mirrored @ rotation.T + shift
    mirror = ((mirrored[:, None] - mean[None]) ** 2).sum(-1).argmin(axis=1)
    assert (mirror[mirror] == np.arange(LANDMARKS)).all()
    across = np.linalg.svd(mean - mean[mirror])[2][0]
    across *= np.sign(across @ (mean[LEFT_EYE] - mean[RIGHT_EYE]))
    middle = (((mean + mean[mirror]) / 2) @ across).mean()
    reflected = mean - 2 * (mean @ across - middle)[:, None] * across
    mean = (mean + reflected[mirror]) / 2 - middle * across
    down = np.array([0, 1, 0]) - across * across[1]
    down /= np.linalg.norm(down)
    return normal(mean @ np.stack([across, down, np.cross(across, down)], axis=1)), mirror


def rigid_points(shapes: Any, clips: Any, mean: Any, mirror: Any) -> Any:
    """Return which points neither the mouth nor anything else moves much, (468,)."""
    mar = np.array([Landmarks(shape.astype(np.float32)).mar for shape in shapes])
    rigid = np.ones(LANDMARKS, bool)
    for _ in range(3):
        aligned, opening = align(shapes, mean, rigid + 1e-9), mar.copy()
        for clip in np.unique(clips):
            here = clips == clip
            aligned[here] -= aligned[here].mean(axis=0)
            opening[here] -= opening[here].mean()
        with_mouth = np.linalg.norm(
            np.einsum("ipc,i->pc", aligned, opening) / (opening @ opening), axis=1
        )
        in_all = np.sqrt((aligned**2).sum(axis=2).mean(axis=0))
        rigid = (with_mouth < np.quantile(with_mouth, STABLE)) & (
            in_all < np.quantile(in_all, CALM)
        )
        rigid &= rigid[mirror]
    return rigid


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("videos", type=Path, nargs="+")
    parser.add_argument("--connections", type=Path, required=True)
    parser.add_argument("--output", type=Path, required=True)
    arguments = parser.parse_args()
    text = arguments.connections.read_text()
    edges = re.findall(r"\((\d+), (\d+)\)", text[text.index("FACEMESH_TESSELATION") :])
    triangles = np.array([int(start) for start, _ in edges]).reshape(-1, 3)

    detector, mesh = BlazeFaceNetwork(FULL), FaceMesh()
    by_video = [found for video in arguments.videos if len(found := meshes(video, detector, mesh))]
    shapes = np.concatenate(by_video)
    clips = np.repeat(np.arange(len(by_video)), [len(found) for found in by_video])
    depth = np.abs(shapes[:, RIGHT_EYE, 2] - shapes[:, LEFT_EYE, 2])
    across = np.linalg.norm(shapes[:, RIGHT_EYE] - shapes[:, LEFT_EYE], axis=1)
    mean = normal(shapes[(depth / across).argmin()])
    for _ in range(4):
        aligned = align(shapes, mean, np.ones(LANDMARKS))
        medians = [np.median(aligned[clips == clip], axis=0) for clip in range(len(by_video))]
        mean = normal(np.median(medians, axis=0))
    for _ in range(3):
        mean, mirror = symmetrise(mean)
    rigid = rigid_points(shapes, clips, mean, mirror)
    pitches = []
    for found in by_video:
        fitted = Rotation.from_matrix([fit(mean, shape, rigid)[1] for shape in found])
        pitches.append(np.median(fitted.as_euler("xyz")[:, 0]))
    mean = mean @ Rotation.from_euler("x", np.median(pitches)).as_matrix().T
    right, left = mean[RIGHT_EYE], mean[LEFT_EYE]
    mean = (mean - (right + left) / 2) / np.linalg.norm(right - left)
    np.savez_compressed(
        arguments.output,
        vertices=mean.astype(np.float32),
        triangles=triangles.astype(np.uint16),
        mirror=mirror.astype(np.uint16),
        rigid=np.flatnonzero(rigid).astype(np.uint16),
    )
    print(f"{len(by_video)} videos, {len(shapes)} frames, {rigid.sum()} rigid points")


if __name__ == "__main__":
    main()
