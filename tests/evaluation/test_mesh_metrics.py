"""Generated mouths of known truth: what the metrics say of them."""

import numpy as np
import pytest

from tests.meshes import EYES, meshes, talking
from wav2lip.evaluation.face_crops import FaceRun
from wav2lip.evaluation.mesh_metrics import level, mesh_values, silent_values, true_video_values
from wav2lip.faces.crops import Crop

TRUE, OTHER = talking(), talking(seed=1)


def run(opening, first=0):
    """A run whose mouth has `opening`, and a width and a jaw that follow it."""
    opening = np.asarray(opening)
    made = meshes(opening, width=0.5 + 0.2 * opening, jaw=1.2 + 0.8 * opening)
    blank = [np.zeros((96, 96, 3), np.uint8)] * len(made)
    return FaceRun(first, blank, [Crop(0, 0, 2 * EYES, 4.5 * EYES)] * len(made), list(made))


def test_the_true_mouth_is_perfect():
    values = true_video_values(run(TRUE), run(TRUE))
    for name in ("opening", "mar", "width", "jaw"):
        assert values[f"{name}_correlation"] == pytest.approx(1)
    for name in ("opening", "width", "jaw"):
        assert values[f"{name}_range"] == pytest.approx(1)
    for name in ("lmd_inter_ocular", "lmd_box", "f_lmd_inter_ocular", "f_lmd_box"):
        assert values[name] == 0


def test_both_units_of_lmd():
    values = true_video_values(run(TRUE + 0.1), run(TRUE))
    assert values["lmd_inter_ocular"] / values["lmd_box"] == pytest.approx(
        3
    )  # the box is 3 times as large


def test_a_frozen_mouth_is_unmasked_by_the_range():
    values = true_video_values(run(np.full(100, 0.1)), run(TRUE))
    assert values["opening_range"] == pytest.approx(0, abs=1e-6)
    assert abs(values["opening_correlation"]) < 0.3
    assert silent_values(run(np.full(100, 0.02))) == {"lip_leak": 0, "closed_share": 1}


def test_every_metric_worsens_with_the_share_of_another_mouth():
    found = [
        true_video_values(run((1 - share) * TRUE + share * OTHER), run(TRUE))
        for share in (0, 0.3, 0.6, 1)
    ]
    for name in ("opening_correlation", "width_correlation", "jaw_correlation", "mar_correlation"):
        values = [each[name] for each in found]
        assert values == sorted(values, reverse=True)
    for name in ("lmd_inter_ocular", "lmd_box", "f_lmd_inter_ocular", "f_lmd_box"):
        values = [each[name] for each in found]
        assert values == sorted(values)


def test_a_still_head_has_no_lmd_and_a_short_run_is_cut():
    values = true_video_values(run(TRUE[:60]), run(TRUE), still=True)
    assert values["opening_correlation"] == pytest.approx(1)
    assert np.isnan([values["lmd_box"], values["f_lmd_inter_ocular"]]).all()
    assert true_video_values(FaceRun(), run(TRUE)) == {}
    assert mesh_values(FaceRun(), np.zeros(0, np.int16)) == {}
    assert silent_values(FaceRun()) == {}


def test_the_sound_under_the_run_counts():
    noise = np.random.default_rng(0).choice([-1, 1], 640 * 120)
    level = np.repeat(np.concatenate([np.zeros(20), 20_000 * TRUE]), 640)
    sound = (level * noise).astype(np.int16)
    assert mesh_values(run(TRUE, first=20), sound)["lip_sync_error"] < 0.01
    assert mesh_values(run(TRUE, first=15), sound)["lip_sync_error"] > 0.1


def test_the_level_of_each_frame_is_in_decibels_below_the_loudest():
    pcm = np.repeat(np.array([10_000, 1_000, 0, 1], np.int16), 640)
    assert level(pcm) == pytest.approx([0, -20, -60, -60])
    assert level(np.zeros(1300, np.int16)).tolist() == [-60, -60]
    assert level(np.zeros(0, np.int16)).shape == (0,)
