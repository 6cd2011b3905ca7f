"""Compute `wav2lip/assets/motion_basis.npz` from preprocessed clips of talking people.

    python benchmarks/motion_basis.py data/clips --output motion_basis.npz

The principal components of the lower face's motion within the training clips, see `wav2lip.data.motion_basis`.
Clips in which nobody speaks are left out, and long clips are thinned out, so that no speaker dominates.
"""

import argparse
from pathlib import Path

import numpy as np

from wav2lip.clips import ClipFile
from wav2lip.data.datamodule import load_clips
from wav2lip.data.motion import MotionDataset
from wav2lip.data.motion_basis import fit_basis
from wav2lip.faces.front_shapes import front_shapes
from wav2lip.faces.head_pose import mean_face
from wav2lip.faces.neutral_shape import lower_face

FRAMES = 50  # of a clip
MIN_FRAMES = 20


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("manifests", nargs="+")
    parser.add_argument("--components", type=int, default=12)
    parser.add_argument("--output", type=Path, required=True)
    arguments = parser.parse_args()
    vertices, shapes = lower_face(), []
    for clip in MotionDataset(load_clips(arguments.manifests, "train", MIN_FRAMES)).clips:
        found = front_shapes(ClipFile(clip.path))[:, vertices]
        found = found[np.isfinite(found).all(axis=(1, 2))]
        if len(found) >= MIN_FRAMES:
            shapes.append(found[:: max(1, len(found) // FRAMES)])
    basis = fit_basis(shapes, vertices, mean_face().mirror, arguments.components)
    np.savez_compressed(
        arguments.output,
        vertices=basis.vertices.astype(np.uint16),
        components=basis.components.astype(np.float16),
    )
    motion = np.concatenate([clip - clip.mean(axis=0) for clip in shapes])
    shown = np.tensordot(basis.project(motion), basis.components, axes=1)
    explained = 1 - ((motion - shown) ** 2).sum() / (motion**2).sum()
    print(f"{len(shapes)} clips, {len(motion)} frames, {explained:.0%} of the variance")


if __name__ == "__main__":
    main()
