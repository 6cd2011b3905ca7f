"""Pairs of frames of one person: the first is moved to the mouth of the second, whose picture is the target."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset

from wav2lip.clips import ClipFile
from wav2lip.data.augment import NO_AUGMENT, AugmentSettings
from wav2lip.data.clip_dataset import Clip, ClipDataset, with_landmarks
from wav2lip.errors import InputError
from wav2lip.faces.head_pose import mean_face
from wav2lip.faces.landmarks import Landmarks
from wav2lip.faces.mesh_warp import mesh_warp
from wav2lip.faces.mouth_layers import mouth_layers
from wav2lip.faces.mouth_patch import MouthPatch
from wav2lip.faces.mouth_view import MouthView
from wav2lip.faces.retargeting import motion_weight
from wav2lip.regions import INNER_CORNERS
from wav2lip.types import Image

OPEN_CLIPS = 4096  # clips whose measures one worker keeps; 40 bytes per frame
KERNEL = np.array([-3, 12, 17, 12, -3], np.float32) / 35  # as in `landmark_tracking`
OPEN = 0.65  # share of the samples whose target is drawn in proportion to its opening
CLOSED_SOURCE = 0.5  # share of the samples whose source is the most closed mouth nearby
MAX_TURN = 8.0  # degrees of yaw and pitch between source and target
MAX_YAW = 35.0  # degrees
APART = 8  # frames at least between the target and an exemplar
NO_EXEMPLARS, ONE_EXEMPLAR = 0.4, 0.2  # shares of the samples with none and with one, as for stills
WIDEST = 1 / 12  # share of the frames of a clip, the most open ones, that give the first exemplar
TRIED = 6  # open mouths of which the one with the most teeth gives the second
FEWEST = 25  # frames with landmarks
SHARPENED = 0.7  # share of the samples that are
SIGMA = (0.7, 1.6)  # px, of the blur whose loss is added again


@dataclass(frozen=True)
class ClipMouths:
    """What is measured on the mouths of a clip.

    Attributes:
        frames: (N,) those with landmarks of a face that is not turned away.
        opening: (N,) lip opening over the distance of the eyes.
        angles: (N, 2) yaw and pitch in degrees.
        height: of the person's mouth, see `MouthPatch`.
    """

    frames: NDArray[np.int64]
    opening: NDArray[np.float64]
    angles: NDArray[np.float64]
    height: float

    def within(self, span: tuple[int, int] | None) -> "ClipMouths":
        """Return the frames of a span [first, end); None: all."""
        if span is None:
            return self
        kept = (self.frames >= span[0]) & (self.frames < span[1])
        return replace(
            self, frames=self.frames[kept], opening=self.opening[kept], angles=self.angles[kept]
        )


def crop_landmarks(file: ClipFile, frame: int) -> Landmarks:
    """Return the landmarks of a frame in pixels of its crop, smoothed over five frames where they are known."""
    stored = file.landmarks()
    assert stored is not None  # `read_mouths` has checked it
    near = stored[frame - 2 : frame + 3].astype(np.float32) if frame >= 2 else stored[:0]
    if len(near) == len(KERNEL) and np.isfinite(near).all():
        shares = np.tensordot(KERNEL, near, 1)
    else:
        shares = stored[frame].astype(np.float32)
    side = file.crop_size / (1 + 2 * file.pad)
    margin = np.array([file.pad, file.pad, 0], np.float32)
    return Landmarks(np.asarray((shares + margin) * np.float32(side), np.float32))


@lru_cache(OPEN_CLIPS)
def read_mouths(path: Path) -> ClipMouths:
    """Measure the mouths of a clip file.

    Raises:
        InputError: the file cannot be read or has no landmarks.
    """
    file = ClipFile(path)
    stored = file.landmarks()
    if stored is None:
        raise InputError(f"{path}: has no landmarks; preprocess its video with clip.landmarks=true")
    seen = np.flatnonzero(np.isfinite(stored).all(axis=(1, 2)))
    faces = [crop_landmarks(file, int(frame)) for frame in seen]
    angles = np.array([(f.pose.yaw, f.pose.pitch) for f in faces]).reshape(-1, 2)
    kept = np.abs(angles[:, 0]) <= MAX_YAW
    opening = np.array([face.lip_opening for face in faces])
    corners = [f.pose.face_on(f.points)[list(INNER_CORNERS), 1] for f in faces]
    height = float(np.median(corners)) if corners else 0.0
    return ClipMouths(seen[kept], opening[kept], angles[kept], height)


class MouthPairDataset(ClipDataset, Dataset[dict[str, Tensor | str]]):
    """Layers of a moved mouth with its true picture: `wav2lip.types.MouthBatch` without the batch dimension.

    Args:
        clips: clips to draw from, within their spans; those with fewer than 25 usable frames are left out.
        samples: samples per epoch; None: one fixed sample per clip without exemplars, as for a still.
        augment: augmentation in training; `flip`, `colour` and `sharpen` count.
        seed: seed of the samples.
        min_face: px, side of a face in its video; smaller ones have no teeth to learn.
    """

    def __init__(
        self,
        clips: Sequence[Clip],
        samples: int | None = None,
        augment: AugmentSettings = NO_AUGMENT,
        seed: int = 0,
        min_face: float = 110.0,
    ) -> None:
        usable = [
            clip
            for clip in with_landmarks(clips)
            if clip.row.face >= min_face
            and len(read_mouths(clip.path).within(clip.span).frames) >= FEWEST
        ]
        super().__init__(usable, samples, 0, augment, seed, 0)

    def __getitem__(self, index: int) -> dict[str, Tensor | str]:
        clip, file, rng = self._draw(index)
        mouths = read_mouths(clip.path).within(clip.span)
        source, target = self._pair(mouths, rng)
        exemplars = self._exemplars(file, mouths, target, rng) if self.samples is not None else []
        own, wanted = crop_landmarks(file, source), crop_landmarks(file, target)
        shape, other = (face.pose.face_on(face.points) for face in (own, wanted))
        shape += motion_weight(mean_face().vertices)[:, None] * (other - shape)
        place = own.pose.place(shape)
        crop = self._crop(file, source)
        warp = mesh_warp(own.points, place, crop.shape[:2])
        view = MouthView.of(crop, own, mouths.height)
        layers = mouth_layers(view, exemplars, own, place, warp(crop), warp)
        truth = MouthPatch.of_pose(wanted.pose, mouths.height).cut(self._crop(file, target))
        pictures = self._augmented(np.concatenate([layers.colours, truth[None]]), rng)
        masks = np.concatenate([layers.inside, layers.shape])
        if rng.random() < self.augment.flip:
            pictures, masks = pictures[:, :, ::-1], masks[..., ::-1]
        stacked = torch.from_numpy(np.ascontiguousarray(pictures.transpose(0, 3, 1, 2)))
        drawn = torch.from_numpy(np.ascontiguousarray(masks))
        return {
            "candidates": stacked[:-1],
            "target": stacked[-1],
            "inside": drawn[:-2],
            "shape": drawn[-2:],
            "clip": clip.row.clip,
        }

    def _crop(self, file: ClipFile, frame: int) -> Image:
        return np.asarray(self._crops(file, np.array([frame]))[0], np.uint8)

    @staticmethod
    def _pair(mouths: ClipMouths, rng: np.random.Generator) -> tuple[int, int]:
        """Draw the frames of source and target, whose heads are turned alike."""
        weights = mouths.opening + 0.01 if rng.random() < OPEN else np.ones(len(mouths.frames))
        target = int(rng.choice(len(mouths.frames), p=weights / weights.sum()))
        turn = np.abs(mouths.angles - mouths.angles[target]).sum(axis=1)
        near = np.flatnonzero(turn < MAX_TURN)
        if rng.random() < CLOSED_SOURCE:
            source = near[np.argmin(mouths.opening[near] + 0.02 * rng.random(len(near)))]
        else:
            source = rng.choice(near)
        return int(mouths.frames[source]), int(mouths.frames[target])

    def _exemplars(
        self, file: ClipFile, mouths: ClipMouths, target: int, rng: np.random.Generator
    ) -> list[MouthView]:
        """Draw up to two views as `Person` has them, but none near the target."""
        far = np.flatnonzero(np.abs(mouths.frames - target) > APART)
        kind = rng.random()
        if kind < NO_EXEMPLARS or len(far) < TRIED:
            return []
        order = far[np.argsort(-mouths.opening[far], kind="stable")]
        widest = order[: max(3, round(WIDEST * len(order)))]
        chosen = [self._view(file, mouths, int(rng.choice(widest)))]
        if kind >= NO_EXEMPLARS + ONE_EXEMPLAR:
            weights = mouths.opening[far] + 0.003
            tried = rng.choice(far, TRIED, replace=False, p=weights / weights.sum())
            views = [self._view(file, mouths, int(one)) for one in tried]
            chosen.append(max(views, key=lambda view: view.teeth))
        return chosen

    def _view(self, file: ClipFile, mouths: ClipMouths, position: int) -> MouthView:
        frame = int(mouths.frames[position])
        return MouthView.of(self._crop(file, frame), crop_landmarks(file, frame), mouths.height)

    def _augmented(self, pictures: Image, rng: np.random.Generator) -> Image:
        """Change all pictures (N, H, W, 3) alike; missing exemplars stay black."""
        colour, sharpen = self.augment.colour, self.augment.sharpen
        changed = pictures.astype(np.float32)
        if colour:
            gain = (1 + rng.uniform(-colour, colour)) * (1 + rng.uniform(-colour, colour, 3) / 3)
            changed *= gain.astype(np.float32)
        if sharpen and rng.random() < SHARPENED:
            sigma, amount = rng.uniform(*SIGMA), np.float32(rng.uniform(0, sharpen))
            soft = [cv2.GaussianBlur(one, (0, 0), sigma) for one in changed]
            changed += amount * (changed - np.stack(soft))
        return np.clip(np.rint(changed), 0, 255).astype(np.uint8)
