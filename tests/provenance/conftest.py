"""An authority, its certificate, and a small video."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from certificates import Authority

from wav2lip.media import VideoWriter


@pytest.fixture(scope="session")
def authority(tmp_path_factory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="session")
def issued(authority) -> tuple[Path, Path]:
    """The files of a certificate that can sign, and of its key."""
    return authority.issue("good")


@pytest.fixture(scope="session")
def video(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("video") / "plain.mp4"
    images = np.random.default_rng(0).integers(0, 255, (5, 64, 96, 3), np.uint8)
    with VideoWriter(path, 96, 64, Fraction(25)) as writer:
        for index, image in enumerate(images):
            writer.write(image, index / 25)
    return path
