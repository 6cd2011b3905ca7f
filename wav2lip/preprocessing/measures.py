"""Quality of a clip for the manifest, so that training can filter clips by it."""

from collections.abc import Sequence
from dataclasses import astuple, dataclass
from typing import Any

import cv2
import numpy as np

from wav2lip.faces.landmarks import Landmarks
from wav2lip.types import Image, Wav

SHARPNESS_SIZE = 96  # px; one size makes the sharpness of clips comparable
MIN_LEVEL = 1e-5  # root mean square of silence: -100 dBFS
MAR_RANGE = (5, 95)  # percentiles


@dataclass(frozen=True)
class HeadMeasures:
    """What the landmarks of one frame tell; see `wav2lip.faces.Landmarks`.

    Attributes:
        yaw: degrees.
        pitch: degrees.
        roll: degrees.
        mar: mouth aspect ratio.
        visible: share of the points that the camera sees, in [0, 1].
    """

    yaw: float
    pitch: float
    roll: float
    mar: float
    visible: float


def measure_head(landmarks: Landmarks, size: tuple[int, int]) -> HeadMeasures:
    """Measure a head in a frame of that height and width in pixels."""
    pose = landmarks.pose
    visible = landmarks.visibility(size)
    return HeadMeasures(pose.yaw, pose.pitch, pose.roll, landmarks.mar, visible)


def head_columns(heads: Sequence[HeadMeasures | None]) -> dict[str, Any]:
    """Summarise the heads of a clip for the manifest.

    Args:
        heads: of its frames; None where there are no landmarks.

    Returns:
        Values by column of the manifest; empty if no frame has landmarks.
    """
    table = np.array([astuple(head) for head in heads if head is not None], np.float64)
    if not len(table):
        return {}
    yaw, pitch, roll, mar, visible = table.T
    columns: dict[str, Any] = {}
    for name, angles in (("yaw", yaw), ("pitch", pitch), ("roll", roll)):
        columns[name] = round(float(np.median(angles)), 1)
        columns[f"{name}_max"] = round(float(np.abs(angles).max()), 1)
    low, high = np.percentile(mar, MAR_RANGE)
    columns |= {"mar_low": round(float(low), 3), "mar_high": round(float(high), 3)}
    return {**columns, "visible": round(float(np.median(visible)), 3)}


def lower_half_sharpness(crop: Image) -> float:
    """Compute the variance of the Laplacian of the lower half of a crop (S, S, 3) at 96 px."""
    grey = cv2.cvtColor(cv2.resize(crop, (SHARPNESS_SIZE, SHARPNESS_SIZE)), cv2.COLOR_BGR2GRAY)
    return float(cv2.Laplacian(grey[SHARPNESS_SIZE // 2 :], cv2.CV_64F).var())


def loudness(wav: Wav) -> float:
    """Compute the root mean square level of audio (N,) in dBFS; -100 for silence."""
    level = float(np.sqrt(np.mean(wav**2))) if len(wav) else 0.0
    return float(20 * np.log10(max(MIN_LEVEL, level)))
