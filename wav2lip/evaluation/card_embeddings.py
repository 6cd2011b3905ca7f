"""What an expert embeds of a clip under the conditions of its card, whether it sees pictures or geometry."""

from dataclasses import replace
from functools import partial

import cv2
import numpy as np
from numpy.typing import NDArray

from wav2lip.clips import ClipFile, clip_audio
from wav2lip.errors import InputError
from wav2lip.evaluation.card_conditions import (
    UNCHANGED,
    Condition,
    add_noise,
    conditioned_clip,
)
from wav2lip.evaluation.judge import expert_mels
from wav2lip.faces.head_pose import fit_pose
from wav2lip.faces.landmark_tracking import AHEAD, KERNELS
from wav2lip.faces.mesh import FaceMesh, Region
from wav2lip.faces.mesh_embeddings import clip_series, embed_series
from wav2lip.faces.mesh_series import MotionSeries, motion_series
from wav2lip.faces.neutral_shape import Shapes
from wav2lip.media.audio_features import feature_blocks
from wav2lip.media.compression import compress
from wav2lip.media.pcm import from_pcm
from wav2lip.metrics.judges import Embeddings, ExpertJudge
from wav2lip.models import MeshSyncNet, SyncNet
from wav2lip.types import FPS, SAMPLES_PER_FRAME, Image, Pcm

Expert = SyncNet | MeshSyncNet


def embed_under(
    expert: Expert, file: ClipFile, condition: Condition = UNCHANGED, pcm: Pcm | None = None
) -> tuple[Embeddings, Embeddings] | None:
    """Embed a clip.

    Args:
        expert: the expert.
        file: the clip.
        condition: how the clip is shown.
        pcm: (N,) sound in place of the clip's own; None: its own.

    Returns:
        Sound and lips of its windows, (W, D) each; None if no window fits.

    Raises:
        InputError: an expert of geometry, and the clip file has no landmarks.
    """
    sound = file.pcm() if pcm is None else pcm
    if condition.snr is not None:
        sound = add_noise(sound, condition.snr)
    if isinstance(expert, SyncNet):
        return _of_pictures(expert, file, condition, sound)
    changed = pcm is not None or condition.snr is not None
    audio = (
        np.concatenate(list(feature_blocks([from_pcm(sound)], expert.channels)), axis=1)
        if changed
        else clip_audio(file, expert.channels)
    )
    seen = replace(condition, snr=None)
    series = clip_series(file, expert) if seen == UNCHANGED else _fit_again(expert, file, seen)
    return embed_series(expert, audio, series)


def _of_pictures(
    expert: SyncNet, file: ClipFile, condition: Condition, pcm: Pcm
) -> tuple[Embeddings, Embeddings] | None:
    faces, _ = conditioned_clip(file, expert.image_size, replace(condition, snr=None))
    if file.fps != FPS:  # scores are measured at 25 fps, whatever the clip has
        shown = np.rint(np.arange(int(len(faces) * FPS / file.fps)) * file.fps / FPS)
        faces = faces[np.minimum(shown.astype(np.int64), len(faces) - 1)]
    count = min(len(faces), len(pcm) // SAMPLES_PER_FRAME) - expert.window + 1
    if count < 1:
        return None
    return ExpertJudge(expert, partial(expert_mels, window=expert.window)).embed(faces, pcm, count)


def _fit_again(expert: MeshSyncNet, file: ClipFile, condition: Condition) -> MotionSeries:
    """Fit the mesh to the changed crops of a clip, where the mesh of the unchanged ones was, moved by the condition."""
    landmarks = file.landmarks()
    if landmarks is None:
        raise InputError(
            f"{file.path}: has no landmarks; preprocess its video with clip.landmarks=true"
        )
    crops = file.crops(np.arange(file.frames))
    if condition.crf is not None:
        crops = compress(crops, condition.crf)
    side = file.crop_size / (1 + 2 * file.pad)
    moved = np.array([condition.right * side, condition.down * side, 0], np.float32)
    mesh = FaceMesh()
    found = np.full(landmarks.shape, np.nan, np.float32)
    for i in np.flatnonzero(np.isfinite(landmarks).all(axis=(1, 2))):
        known = landmarks[i].astype(np.float32) * side + file.crop_size / 2 - side / 2
        crop: Image = crops[i]
        if condition.coarse > 1:
            crop = _coarse(crop, condition.coarse)
        found[i], _ = mesh(crop, Region.of_points(known + moved))
    shapes = _smooth(found)
    for i in np.flatnonzero(np.isfinite(shapes).all(axis=(1, 2))):
        shapes[i] = fit_pose(shapes[i]).face_on(shapes[i])
    return motion_series(
        shapes, file.fps, expert.vertices.cpu().numpy(), expert.basis.cpu().numpy()
    )


def _smooth(points: Shapes) -> Shapes:
    """Smooth meshes (F, 468, 3) as preprocessing does; next to a gap or an end they stay as they are."""
    kernel = np.asarray(KERNELS[AHEAD], np.float32)
    if len(points) < len(kernel):
        return points
    windows = np.lib.stride_tricks.sliding_window_view(points, len(kernel), axis=0)
    inner = windows @ kernel
    smooth = points.copy()
    kept = smooth[AHEAD:-AHEAD]
    smooth[AHEAD:-AHEAD] = np.where(np.isfinite(inner), inner, kept)
    return smooth


def _coarse(crop: Image, factor: int) -> Image:
    """Reduce a picture and enlarge it again."""
    height, width = crop.shape[:2]
    small = cv2.resize(crop, (width // factor, height // factor), interpolation=cv2.INTER_AREA)
    picture: NDArray[np.uint8] = np.asarray(cv2.resize(small, (width, height)), np.uint8)
    return picture
