from dataclasses import replace
from fractions import Fraction
from itertools import chain

import numpy as np
import pytest
from safetensors.numpy import save_file

from wav2lip.errors import InputError
from wav2lip.faces.crops import Crop
from wav2lip.faces.teeth import Teeth
from wav2lip.live import Avatar
from wav2lip.live.avatar_file import FORMAT
from wav2lip.media.colour import Colours


@pytest.fixture
def full(avatar):
    """Each frame has another kind of face: none, one without a mesh, covered ones, two faces."""
    (face,) = avatar.faces[1]
    hidden = np.array([[3, 4], [5, 6]], np.float32)
    person = avatar.people[0]
    faces = [
        [],
        [replace(face, landmarks=None, mask=None)],
        [replace(face, mask=replace(face.mask, hidden=hidden, covered=True, weight=0.4))],
        [face, replace(face, track=7, aligned=Crop(50, 40, 30, 35, 2.5))],
    ]
    teeth = Teeth(
        np.ones((10, 2, 18, 2), np.float32), np.full(3, 0.8, np.float32), 0.4, parted=True
    )
    other = replace(person, exemplars=(), teeth=teeth)
    return replace(avatar, faces=faces, people={0: replace(person, teeth=None), 7: other})


def test_an_avatar_comes_back_as_it_was(full, tmp_path):
    full.save(tmp_path / "a.avatar")
    again = Avatar.load(tmp_path / "a.avatar")
    assert (again.fps, again.space, again.source) == (full.fps, full.space, full.source)
    assert [len(faces) for faces in again.faces] == [0, 1, 1, 2]
    for old, new in zip(chain(*full.faces), chain(*again.faces), strict=True):
        assert (old.track, old.aligned) == (new.track, new.aligned)
        np.testing.assert_array_equal(old.box, new.box)
        assert (old.landmarks is None, old.mask is None) == (
            new.landmarks is None,
            new.mask is None,
        )
        if old.landmarks is not None:
            np.testing.assert_array_equal(old.landmarks.points, new.landmarks.points)
            assert old.landmarks.presence == new.landmarks.presence
        if old.mask is not None:
            np.testing.assert_array_equal(old.mask.outline, new.mask.outline)
            for name in ("unit", "weight", "turned", "covered"):
                assert getattr(old.mask, name) == getattr(new.mask, name)
    np.testing.assert_array_equal(again.faces[2][0].mask.hidden, [[3, 4], [5, 6]])
    assert again.faces[3][0].mask.hidden is None
    for track in (0, 7):
        old, new = full.people[track], again.people[track]
        np.testing.assert_array_equal(old.neutral, new.neutral)
        assert (old.height, len(old.exemplars)) == (new.height, len(new.exemplars))
    assert again.people[0].teeth is None
    old, new = full.people[7].teeth, again.people[7].teeth
    np.testing.assert_array_equal(old.outlines, new.outlines)
    np.testing.assert_array_equal(old.colour, new.colour)
    assert new.softness == 0.4
    assert new.parted
    for old, new in zip(full.people[0].exemplars, again.people[0].exemplars, strict=True):
        np.testing.assert_array_equal(old.image, new.image)
        np.testing.assert_array_equal(old.patch.to_frame, new.patch.to_frame)
        assert (old.top, old.left, old.jaw) == (new.top, new.left, new.jaw)
    np.testing.assert_array_equal(again.pictures[3].luma, full.pictures[3].luma)
    for number in range(4):
        old, new = full.idle(number, "closed"), again.idle(number, "closed")
        for name in ("luma", "blue", "red"):
            np.testing.assert_array_equal(getattr(old, name), getattr(new, name))


@pytest.mark.parametrize("fps", [Fraction(0), Fraction(-25), Fraction(10**9), Fraction(1, 10**9)])
def test_an_impossible_rate_is_refused(avatar, tmp_path, fps):
    replace(avatar, fps=fps).save(tmp_path / "a.avatar")
    with pytest.raises(InputError, match=r"a\.avatar: damaged, or not an avatar; make it again$"):
        Avatar.load(tmp_path / "a.avatar")


@pytest.mark.parametrize("values", [{"colours": Colours(2**40)}, {"size": (200, 2**63)}])
def test_impossible_pictures_are_refused(avatar, tmp_path, values):
    store = replace(avatar.pictures, **values)
    replace(avatar, pictures=store).save(tmp_path / "a.avatar")
    with pytest.raises(InputError, match=r"a\.avatar: damaged, or not an avatar; make it again$"):
        Avatar.load(tmp_path / "a.avatar")


def test_a_closed_mouth_outside_of_its_frame_is_refused(avatar, tmp_path):
    outside = [replace(mouth, top=45) for mouth in avatar.closed]
    replace(avatar, closed=outside).save(tmp_path / "a.avatar")
    with pytest.raises(InputError, match=r"a\.avatar: damaged, or not an avatar; make it again$"):
        Avatar.load(tmp_path / "a.avatar")


@pytest.mark.parametrize("kept", [0, 7, 500, -1])
def test_a_truncated_file_is_refused_in_one_line(avatar, tmp_path, kept):
    path = tmp_path / "a.avatar"
    avatar.save(path)
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(InputError, match=r"a\.avatar: damaged, or not an avatar; make it again$"):
        Avatar.load(path)


def test_deeply_nested_metadata_is_refused_in_one_line(tmp_path):
    path = tmp_path / "deep.avatar"
    nested = "[" * 100_000 + "]" * 100_000
    save_file({"a": np.zeros(3)}, path, {"format": FORMAT, "avatar": nested})
    with pytest.raises(
        InputError, match=r"deep\.avatar: damaged, or not an avatar; make it again$"
    ):
        Avatar.load(path)


def test_other_files_are_refused_in_one_line(tmp_path):
    other = tmp_path / "other.safetensors"
    save_file({"a": np.zeros(3)}, other)
    with pytest.raises(InputError, match="is not an avatar; make one of a photo or a video first"):
        Avatar.load(other)
    other.write_text("text")
    with pytest.raises(InputError, match="damaged, or not an avatar; make it again"):
        Avatar.load(other)
    with pytest.raises(InputError, match=r"gone: no such file; give the file of an avatar"):
        Avatar.load(tmp_path / "gone")


@pytest.mark.parametrize(
    "values",
    [
        {"outlines": np.ones((10, 2, 18), np.float32)},
        {"outlines": np.full((10, 2, 18, 2), np.nan, np.float32)},
        {"outlines": np.full((10, 2, 18, 2), 1e9, np.float32)},
        {"colour": np.ones(4, np.float32)},
        {"softness": 0.0},
        {"softness": 1e6},
    ],
)
def test_impossible_teeth_are_refused(full, tmp_path, values):
    person = full.people[7]
    people = {**full.people, 7: replace(person, teeth=replace(person.teeth, **values))}
    replace(full, people=people).save(tmp_path / "a.avatar")
    with pytest.raises(InputError, match=r"a\.avatar: damaged, or not an avatar; make it again$"):
        Avatar.load(tmp_path / "a.avatar")
