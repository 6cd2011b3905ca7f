"""Memory does not grow with length, in processes of their own."""

import json
import subprocess
import sys
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest

from wav2lip.media.video import VideoWriter

ROOT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.slow


def test_memory_does_not_grow_with_length(
    checkpoint: Path, face: np.ndarray, sound: Callable[[float], Path], tmp_path: Path
) -> None:
    film = tmp_path / "film.mp4"
    picture = np.asarray(cv2.resize(face[:90], (1280, 720)), np.uint8)
    with VideoWriter(film, 1280, 720, Fraction(25)) as writer:
        for i in range(75):  # longer than what is held to play it backwards
            writer.write(np.roll(picture, i % 8, axis=1), i / 25)

    def peak(seconds: float) -> int:
        report = tmp_path / "report.json"
        words = ["--face", film, "--audio", sound(seconds), "--output", tmp_path / "o.mp4"]
        words += ["--checkpoint", checkpoint, "--report", report, "--detector", "hog"]
        words += ["--device", "cpu", "--nocache"]
        command = [sys.executable, str(ROOT / "infer.py"), *map(str, words)]
        subprocess.run(command, check=True, cwd=ROOT, capture_output=True)
        made = json.loads(report.read_text())
        assert made["frames_with_face"] == made["frames"] == round(25 * seconds)
        return int(made["peak_memory_bytes"])

    short, long = peak(8), peak(40)
    assert long < 1.1 * short
    assert long < 1.5e9
