import math

import numpy as np
import pytest

from wav2lip.faces.crops import Crop, cut_face
from wav2lip.media.pauses import runs
from wav2lip.metrics import pause_motion_ratio, speech_and_pauses
from wav2lip.synthetic.face import BOX_HEIGHT, Pose, SyntheticFace

SPEAKING = np.arange(75) < 45


def talk(speaking: np.ndarray) -> np.ndarray:
    """A tone in the frames that speak, faint noise in the others."""
    rng = np.random.default_rng(0)
    tone = 8000 * np.sin(2 * np.pi * 200 * np.arange(len(speaking) * 640) / 16_000)
    noise = rng.normal(0, 20, len(tone))
    return np.where(speaking.repeat(640), tone, noise).astype(np.int16)


def film(openings: np.ndarray, nods: float = 0.0, person: int = 2, noise: float = 0.0):
    """Face crops (T,96,96,3), all cut at one box, of lips as wide open as `openings` (T,) says.

    nods: how far the head moves, in sides of the picture, about twice a second.
    """
    face, rng = SyntheticFace(person, round(96 / BOX_HEIGHT)), np.random.default_rng(4)
    sway = nods * np.sin(2 * np.pi * 1.9 * np.arange(len(openings)) / 25)
    poses = [Pose(x / 2, 0.03 + x, x, 1.0, 0.0, 1.0) for x in map(float, sway)]
    box = face.box(poses[0])
    crops = [
        cut_face(face.render(float(opening), 0.5, pose, k), Crop.of_box(box), 96)
        for k, (opening, pose) in enumerate(zip(openings, poses, strict=True))
    ]
    noisy = np.stack(crops) + rng.normal(0, noise, (len(crops), 96, 96, 3))
    return np.clip(np.rint(noisy), 0, 255).astype(np.uint8)


SAID = np.random.default_rng(1).uniform(0, 1, 75)
STILL_IN_PAUSES = np.where(SPEAKING, SAID, 0)


def raw(faces: np.ndarray) -> float:
    """The ratio without any care for the head."""
    change = np.abs(np.diff(faces[:, 48:, 24:72].astype(float), axis=0)).mean((1, 2, 3))
    return float(change[50:70].mean() / change[:44].mean())


def test_pauses_leave_a_margin_and_short_silences_are_neither():
    speaking = SPEAKING.copy()
    speaking[10:19] = False
    speech, pauses = speech_and_pauses(talk(speaking), 75)
    np.testing.assert_array_equal(speech, speaking)
    assert runs(pauses) == [(49, 71)]
    speaking[19] = False
    assert runs(speech_and_pauses(talk(speaking), 75)[1]) == [(14, 16), (49, 71)]


@pytest.mark.parametrize("person", range(3))
def test_a_head_that_nods_does_not_open_the_mouth(person):
    nodding = film(STILL_IN_PAUSES, 0.03, person)
    assert raw(nodding) > 0.25
    assert pause_motion_ratio(nodding, talk(SPEAKING)) < 0.12


@pytest.mark.parametrize("nods", [0.0, 0.03])
def test_a_mouth_that_never_rests_is_found_out(nods):
    assert pause_motion_ratio(film(SAID, nods), talk(SPEAKING)) == pytest.approx(1, abs=0.2)
    half = np.where(SPEAKING, SAID, 0.25 + SAID / 2)
    assert pause_motion_ratio(film(half, nods), talk(SPEAKING)) == pytest.approx(0.5, abs=0.05)


def test_noise_of_a_codec_does_not_count():
    noisy = film(STILL_IN_PAUSES, 0.02, noise=6.0)
    assert raw(noisy) > 0.5
    assert pause_motion_ratio(noisy, talk(SPEAKING)) < 0.08


@pytest.mark.parametrize("speaking", [np.ones(75, bool), np.zeros(75, bool)])
def test_without_both_speech_and_pause_there_is_no_ratio(speaking):
    pcm = talk(speaking) if speaking.any() else np.zeros(75 * 640, np.int16)
    assert math.isnan(pause_motion_ratio(film(SAID), pcm))


@pytest.mark.parametrize(("pause", "measured"), [(13, False), (14, True)])
def test_a_ratio_needs_five_changes_in_pauses(pause, measured):
    speaking = np.ones(75, bool)
    speaking[40 : 40 + pause] = False
    ratio = pause_motion_ratio(film(np.where(speaking, SAID, 0)), talk(speaking))
    assert math.isfinite(ratio) == measured


def test_a_mouth_that_stands_still_has_no_ratio():
    assert math.isnan(pause_motion_ratio(np.full((75, 96, 96, 3), 90, np.uint8), talk(SPEAKING)))
    still = film(np.zeros(75))[:1].repeat(75, axis=0)
    assert math.isnan(pause_motion_ratio(still, talk(SPEAKING)))
