import numpy as np
import pytest
from networks import opening_generator

from wav2lip.engines.mesh_engine import TorchMeshEngine
from wav2lip.errors import InputError
from wav2lip.inference.settings import Settings
from wav2lip.live import Avatar


def test_frames_are_shown_back_and_forth(avatar):
    assert [avatar.index(number) for number in range(9)] == [0, 1, 2, 3, 2, 1, 0, 1, 2]
    shown = [int(avatar.frame(number).frame.image[90, 110, 0]) for number in range(5)]
    np.testing.assert_allclose(shown, [0, 60, 120, 180, 120], atol=3)


def test_what_is_known_of_a_face(avatar):
    assert avatar.fps == 25
    assert len(avatar.pictures) == len(avatar.faces) == 4
    assert list(avatar.people) == [0]
    assert avatar.people[0].neutral.shape == (205, 3)
    assert avatar.frame(1).faces[0].landmarks.inter_ocular == pytest.approx(31, abs=2)


def test_faster_videos_are_thinned(smile, engine):
    frames = [smile] * 5
    made = Avatar.from_file(frames, engine, Settings(box=(27, 90, 25, 70)), color="bgr", fps=50)
    assert (made.fps, len(made.pictures)) == (25, 3)


def test_a_rate_that_is_hardly_above_thirty_is_not_halved(smile, engine):
    settings = Settings(box=(27, 90, 25, 70))
    made = Avatar.from_file([smile] * 5, engine, settings, color="bgr", fps=30.02)
    assert (float(made.fps), len(made.pictures)) == (pytest.approx(30.02), 5)


def test_pictures_of_a_slow_video_are_repeated(smile, engine):
    made = Avatar.from_file(
        [smile] * 4, engine, Settings(box=(27, 90, 25, 70)), color="bgr", fps=10
    )
    assert (made.fps, len(made.pictures)) == (25, 10)  # 0.4 s


def test_the_start_of_a_video_is_used(film, engine):
    made = Avatar.from_file(
        film, engine, Settings(box=(27, 90, 25, 70)), color="bgr", fps=25, seconds=0.1
    )
    assert len(made.pictures) == 3


@pytest.mark.parametrize("seconds", [0, -1, 601, float("nan")])
def test_wrong_seconds_are_refused(film, engine, seconds):
    with pytest.raises(InputError, match="seconds must be above 0 and at most 600, not"):
        Avatar.from_file(film, engine, color="bgr", fps=25, seconds=seconds)


def test_no_face_is_an_error(engine):
    blank = np.full((100, 120, 3), 90, np.uint8)
    with pytest.raises(InputError, match="no face in the box; correct it"):
        Avatar.from_file(blank, engine, Settings(box=(27, 90, 25, 70)), color="bgr")


def test_a_warning_about_an_array_does_not_print_it(smile, engine, caplog):
    face = smile.repeat(2, axis=0).repeat(2, axis=1)
    Avatar.from_file(np.concatenate([face, face], axis=1), engine, color="bgr")
    (warning,) = caplog.messages
    assert warning.startswith("face: two faces have about the same size at 0.00 s; ")


def test_a_person_is_met_where_its_mesh_fits_for_the_first_time(smile, engine):
    blank = np.full_like(smile, 90)
    settings = Settings(box=(27, 90, 25, 70))
    made = Avatar.from_file([blank, smile, smile], engine, settings, color="bgr", fps=25)
    assert [bool(faces and faces[0].landmarks) for faces in made.faces] == [False, True, True]
    assert list(made.people) == [0]


def test_another_generator_is_refused(avatar, engine):
    avatar.check_engine(engine)
    network = opening_generator(0.15)
    network.motion.basis.mul_(1.5)
    with pytest.raises(InputError, match="the avatar of array was made for another generator"):
        avatar.check_engine(TorchMeshEngine(network))
