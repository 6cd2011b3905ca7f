import numpy as np

from wav2lip.callbacks.offset_estimate import (
    activity,
    correlation_peak,
    estimate_offsets,
    mouth_opening,
)
from wav2lip.clips import ClipFile


def test_planted_offsets_are_estimated(off_sync, planted_offsets):
    found = [correlation_peak(*activity(ClipFile(clip.path)))[0] for clip in off_sync]
    errors = [abs(f - o) for f, o in zip(found, planted_offsets, strict=True)]
    assert sum(error <= 1 for error in errors) >= 8


def test_mismatched_audio_gives_no_offset(mismatched):
    assert estimate_offsets(mismatched).share < 0.4


def test_the_mesh_shows_the_offset_that_head_motion_hides(off_sync, planted_offsets, with_meshes):
    clips = with_meshes(off_sync)
    found = [correlation_peak(*activity(ClipFile(clip.path)))[0] for clip in clips]
    errors = [abs(f - o) for f, o in zip(found, planted_offsets, strict=True)]
    assert sum(error <= 1 for error in errors) >= 9
    estimate = estimate_offsets(clips)
    assert estimate.meshes == 1
    assert estimate.share > 0.6


def test_frames_without_a_mesh_are_filled_in_or_make_the_pixels_count(off_sync, with_meshes):
    most = ClipFile(with_meshes(off_sync[:1], missing=0.1)[0].path)
    assert np.isfinite(mouth_opening(most, 50)).all()
    few = ClipFile(with_meshes(off_sync[:1], missing=0.5)[0].path)
    assert mouth_opening(few, 50) is None
