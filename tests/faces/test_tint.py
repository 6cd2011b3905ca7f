import cv2
import numpy as np
import pytest
from skimage import data

from wav2lip.faces.blending import paste_face
from wav2lip.faces.crops import Crop, cut_face
from wav2lip.faces.tint import KNOTS, fit_tint, match_tint
from wav2lip.media.colour import BT709, bgr_to_yuv
from wav2lip.media.picture import Picture

CROP = Crop.of_box([180.3, 57.6, 271.2, 184.9])  # px; the astronaut's face
BGR_TO_YUV = bgr_to_yuv(BT709.space, full=False)
SEPIA = np.array([0.70, 0.85, 1.0])  # of B, G, R per luma


def portrait(tone, noise=0.0):
    grey = cv2.cvtColor(data.astronaut(), cv2.COLOR_RGB2GRAY).astype(np.float32)
    image = Picture.of(np.clip(np.rint(grey[..., None] * tone), 0, 255).astype(np.uint8), BT709)
    rng = np.random.default_rng(0)
    blue, red = (
        np.clip(np.rint(p + rng.normal(0, noise, p.shape)), 0, 255).astype(np.uint8)
        for p in (image.blue, image.red)
    )
    return Picture(image.luma, blue, red, BT709)


def chroma_error(picture, tone):
    """Largest distance of a chroma code from what the tone has at its luma."""
    (y, *chroma), black = (BGR_TO_YUV[:, :3] @ tone), BGR_TO_YUV[0, 3]
    luma = picture.luma.reshape(256, 2, 256, 2).mean(axis=(1, 3))
    wanted = [128 + (luma - black) * c / y for c in chroma]
    return max(np.abs(picture.blue - wanted[0]).max(), np.abs(picture.red - wanted[1]).max())


def coloured_face():
    face = cut_face(np.ascontiguousarray(data.astronaut()[..., ::-1]), CROP)
    cv2.ellipse(face, (48, 74), (14, 7), 0, 0, 360, (60, 40, 190), -1)
    return face


@pytest.mark.parametrize("mode", ["feather", "poisson", "box"])
@pytest.mark.parametrize("tone", [np.ones(3), SEPIA, SEPIA[::-1]], ids=["grey", "sepia", "blue"])
def test_a_tinted_source_stays_tinted(tone, mode):
    picture = portrait(tone)
    result = paste_face(picture, coloured_face(), CROP, mode)
    assert np.abs(result.luma.astype(int) - picture.luma).max() > 50
    # At the hard edge of a box four pixels of luma share a chroma sample of the source.
    assert chroma_error(result, tone) <= (3 if mode == "box" else 2)


def test_compression_noise_does_not_hide_a_tint():
    picture = portrait(SEPIA, noise=0.6)
    assert chroma_error(picture, SEPIA) < 4
    assert chroma_error(paste_face(picture, coloured_face(), CROP), SEPIA) < 4


def test_a_source_in_colour_is_unchanged_to_the_bit():
    picture = Picture.of(np.ascontiguousarray(data.astronaut()[..., ::-1]), BT709)
    face = picture.bgr(slice(58, 184), slice(180, 270))
    assert match_tint(picture, face, slice(58, 184), slice(180, 270)) is face


def test_the_fit():
    luma = np.linspace(30, 200, 400).astype(np.float32)
    chroma = np.stack([128 - 0.1 * luma, 128 + 0.05 * luma], -1).astype(np.float32)
    tint, residual = fit_tint(luma, chroma)
    assert np.abs(tint[:, 0] - (128 - 0.1 * KNOTS)).max() < 0.1
    assert np.abs(tint[:, 1] - (128 + 0.05 * KNOTS)).max() < 0.1
    assert residual < 0.05
    flat, residual = fit_tint(np.full(40, 90, np.float32), np.full((40, 2), 128, np.float32))
    assert np.abs(flat - 128).max() < 1e-4
    assert residual < 1e-4


def test_too_few_samples_decide_nothing():
    picture = portrait(np.ones(3))
    face = np.zeros((6, 6, 3), np.uint8)
    assert match_tint(picture, face, slice(100, 106), slice(100, 106)) is face
