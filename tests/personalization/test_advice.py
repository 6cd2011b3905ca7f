from dataclasses import replace

import numpy as np

from wav2lip.personalization.advice import mouth_shapes, what_to_film
from wav2lip.personalization.motion_fit import measures_of


def test_mouth_shapes_are_counted():
    assert mouth_shapes(np.zeros((50, 4))) == 1
    varied = np.random.default_rng(0).normal(2, 4, (2000, 4))
    assert mouth_shapes(varied) == 9


def test_what_is_missing_is_named(person):
    still = np.zeros((50, 4))
    small = [replace(clip, row=replace(clip.row, face=90.0)) for clip in person]
    lines = what_to_film(small, 9.0, still)
    assert lines[0] == "more speech: a minute (there are 9 s)"
    assert lines[1] == "a larger face: 150 pixels or more (it has 90)"
    assert lines[2] == "more varied sounds: read a text aloud (1 of 9 mouth shapes occur)"
    assert lines[-1].startswith("other views: turn the head slowly to both sides while speaking")


def test_nothing_is_said_about_what_is_there(person):
    varied = np.random.default_rng(0).normal(2, 4, (2000, 4))
    assert measures_of(varied)[:, 0].std() > 0.1
    lines = what_to_film(person, 60.0, varied)
    assert [line.split(":")[0] for line in lines] == ["a wide open mouth", "other views"]
