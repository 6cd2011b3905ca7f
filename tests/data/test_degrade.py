import numpy as np
import pytest

from wav2lip.data.degrade import FaceDegradation, Reverberation


def rng(seed=0):
    return np.random.default_rng(seed)


@pytest.fixture
def faces():
    """Two different faces of 96 px: smooth pictures with fine noise."""
    ramp = np.linspace(40, 200, 96)[None, :, None, None]
    noise = rng(1).normal(0, 8, (2, 96, 96, 3))
    return np.clip(ramp + noise, 0, 255).astype(np.uint8)


def test_nothing_happens_at_probability_0(faces):
    assert FaceDegradation(0, 0, 0, 0, rng())(faces) is faces


@pytest.mark.parametrize("kind", range(4))
def test_each_degradation_changes_the_faces_alone_and_keeps_their_motion(faces, kind):
    probabilities = [float(k == kind) for k in range(4)]
    still = np.stack([faces[0], faces[0], faces[1]])
    degraded = FaceDegradation(*probabilities, rng(3))(still)
    assert degraded.shape == still.shape
    assert degraded.dtype == np.uint8
    change = np.abs(degraded.astype(float) - still).mean()
    assert 1 < change < 80
    same = bool((degraded[0] == degraded[1]).all())
    assert same == (kind != 3)  # noise alone differs from frame to frame


def test_a_video_encoder_blurs_what_is_fine_and_keeps_the_frames(faces):
    view = FaceDegradation(0, 0, 0, 0, rng(3), h264=1)
    assert 23 <= view.crf <= 40
    coded = view(faces)
    assert (coded.shape, coded.dtype) == (faces.shape, np.uint8)
    fine, left = (np.diff(v.astype(float), axis=2).std() for v in (faces, coded))
    assert left < 0.8 * fine
    assert abs(coded.mean() - faces.mean()) < 1
    assert {FaceDegradation(0, 0, 0, 0, rng(k), h264=0.5).crf is None for k in range(9)} == {
        True,
        False,
    }


def test_low_resolution_removes_what_is_fine(faces):
    coarse = FaceDegradation(0, 1, 0, 0, rng())(faces)
    fine, left = (np.diff(v.astype(float), axis=2).std() for v in (faces, coarse))
    assert left < 0.4 * fine


def test_light_falls_off_across_the_face():
    grey = np.full((1, 96, 96, 3), 128, np.uint8)
    lit = FaceDegradation(0, 0, 1, 0, rng(5))(grey).astype(float)
    assert np.ptp(lit) > 10
    assert np.abs(np.diff(lit, axis=2)).max() <= 2  # without an edge


def test_an_echo_falls_by_60_db_in_its_time_and_adds_to_later_columns_alone():
    mel = np.full((80, 160), -4, np.float32)
    mel[:, 10] = 2.0  # a click: 75 dB above silence
    echo = Reverberation(rng(2))
    heard = echo(mel)
    assert (heard[:, :10] == -4).all()
    assert heard[0, 10] == pytest.approx(2.0, abs=1e-5)
    fall = (heard[0, 11] - heard[0, 12]) * 12.5  # dB per column
    assert fall == pytest.approx(-10 * np.log10(echo.decay), rel=0.01)
    seconds = 60 / fall / 80
    assert 0.2 <= seconds <= 0.9
    assert heard[0, 11] < 2.0


def test_silence_has_no_echo():
    assert (Reverberation(rng())(np.full((2, 80, 16), -4, np.float32)) == -4).all()
