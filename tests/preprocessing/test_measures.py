import cv2
import numpy as np
import pytest

from wav2lip.faces.head_pose import HeadPose, mean_face
from wav2lip.faces.landmarks import Landmarks
from wav2lip.preprocessing.measures import (
    HeadMeasures,
    head_columns,
    loudness,
    lower_half_sharpness,
    measure_head,
)


def test_a_full_scale_sine_is_at_minus_three_decibels_and_silence_at_minus_hundred():
    sine = np.sin(2 * np.pi * 100 * np.arange(16_000) / 16_000).astype(np.float32)
    assert loudness(sine) == pytest.approx(-3.01, abs=0.01)
    assert loudness(np.zeros(100, np.float32)) == pytest.approx(-100)
    assert loudness(np.zeros(0, np.float32)) == pytest.approx(-100)


def test_blur_lowers_the_sharpness_of_the_lower_half_alone():
    noise = np.random.default_rng(0).integers(0, 255, (120, 120, 3)).astype(np.uint8)
    upper, lower = noise.copy(), noise.copy()
    upper[:56] = cv2.GaussianBlur(upper[:56], (0, 0), 3)
    lower[60:] = cv2.GaussianBlur(lower[60:], (0, 0), 3)
    sharp = lower_half_sharpness(noise)
    assert lower_half_sharpness(upper) == pytest.approx(sharp, rel=0.02)
    assert lower_half_sharpness(lower) < 0.1 * sharp


def test_a_head_is_measured_by_its_landmarks():
    pose = HeadPose(20.0, -10.0, 5.0, 40.0, (100.0, 80.0, 0.0))
    head = measure_head(Landmarks(pose.place(mean_face().vertices)), (200, 200))
    assert (head.yaw, head.pitch, head.roll) == pytest.approx((20, -10, 5), abs=0.01)
    assert 0.9 < head.visible < 1
    cut = measure_head(Landmarks(pose.place(mean_face().vertices)), (200, 100))
    assert cut.visible < head.visible - 0.2


def test_heads_are_summarised_for_the_manifest():
    heads = [
        HeadMeasures(yaw, 2.0, -1.0, mar, 0.75) for yaw, mar in ((-30, 0.0), (10, 0.1), (12, 0.2))
    ]
    assert head_columns([*heads, None]) == {
        "yaw": 10.0,
        "yaw_max": 30.0,
        "pitch": 2.0,
        "pitch_max": 2.0,
        "roll": -1.0,
        "roll_max": 1.0,
        "mar_low": 0.01,
        "mar_high": 0.19,
        "visible": 0.75,
    }
    assert head_columns([None, None]) == {}
