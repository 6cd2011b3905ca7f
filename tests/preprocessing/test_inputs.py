import os
from pathlib import Path

import pytest

from wav2lip.errors import InputError
from wav2lip.preprocessing.inputs import find_inputs, is_frame_folder


def touch(folder, *names: str):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("")


def test_videos_of_any_depth_and_frame_folders_are_found(tmp_path):
    touch(tmp_path, "a b.MP4", "x/y/z/c.mkv", "x/c.txt", "spk/7/0.jpg", "spk/7/audio.wav")
    touch(tmp_path, "pictures/0.jpg", "sounds/audio.wav")
    found = find_inputs(tmp_path)
    assert list(found) == ["a b.MP4", "spk/7", "x/y/z/c.mkv"]
    assert found["spk/7"] == tmp_path / "spk" / "7"
    assert is_frame_folder(tmp_path / "spk" / "7")
    assert not is_frame_folder(tmp_path / "pictures")


def test_a_list_names_paths_relative_to_itself(tmp_path):
    touch(tmp_path, "lists/one two.mp4", "lists/s/00001.mp4", "lists/f/0.jpg", "lists/f/audio.wav")
    listed = tmp_path / "lists" / "all.txt"
    listed.write_text("# mine\none two.mp4\ns/00001 NF:3 MV:1\n\nf\ns/00001.mp4\n")
    found = find_inputs(listed)
    assert list(found) == ["f", "one two.mp4", "s/00001.mp4"]
    assert found["s/00001.mp4"] == tmp_path / "lists" / "s" / "00001.mp4"


def test_a_list_of_files_elsewhere_names_them_by_what_they_share(tmp_path):
    touch(tmp_path, "media/ann/a.mp4", "media/bob/b.avi")
    (tmp_path / "lists").mkdir()
    listed = tmp_path / "lists" / "all.txt"
    listed.write_text(f"{tmp_path}/media/ann/a.mp4\n{tmp_path}/media/bob/b.avi\n")
    assert list(find_inputs(listed)) == ["ann/a.mp4", "bob/b.avi"]
    listed.write_text(f"{tmp_path}/media/ann/a.mp4\n")
    assert list(find_inputs(listed)) == ["a.mp4"]


def test_a_list_may_be_a_table(tmp_path):
    touch(tmp_path, "a.mp4", "b.mp4")
    (tmp_path / "some.csv").write_text("licence,file\nMIT,b.mp4\n")
    assert list(find_inputs(tmp_path / "some.csv")) == ["b.mp4"]
    (tmp_path / "some.csv").write_text("licence,name\nMIT,b.mp4\n")
    with pytest.raises(InputError, match="requires a column 'file'"):
        find_inputs(tmp_path / "some.csv")


def test_what_gives_nothing_is_named(tmp_path):
    with pytest.raises(InputError, match="no such folder"):
        find_inputs(tmp_path / "missing")
    with pytest.raises(InputError, match="contains no video"):
        find_inputs(tmp_path)
    touch(tmp_path, "a.mp4")
    with pytest.raises(InputError, match="a video, not a folder or a list"):
        find_inputs(tmp_path / "a.mp4")
    (tmp_path / "list.txt").write_text("# mine\nb.mp4\nc.mp4\n")
    with pytest.raises(InputError, match=r"list\.txt: entry 2: b\.mp4: no such video"):
        find_inputs(tmp_path / "list.txt")
    (tmp_path / "list.txt").write_bytes(b"\xff\xfe\x80")
    with pytest.raises(InputError, match=r"list\.txt: not a list of videos"):
        find_inputs(tmp_path / "list.txt")


def test_a_bad_list_entry_is_kept_under_its_number(tmp_path):
    touch(tmp_path, "a.mp4")
    table = tmp_path / "some.csv"
    table.write_text(f"licence,file\nMIT,a.mp4\nMIT,\nMIT,  \nMIT\nMIT,{'x' * 5000}\nMIT,/b.mp4\n")
    found = find_inputs(table)
    assert (
        found.pop("a.mp4") == tmp_path / "a.mp4"
    )  # an absolute bad path does not change this name
    blank = [f"entry {number}: (blank)" for number in (2, 3, 4)]
    assert list(found) == [*blank, f"entry 5: {'x' * 79}…", "entry 6: /b.mp4"]
    assert not any(path.exists() for path in found.values())


def test_names_that_are_not_utf8_can_be_printed(tmp_path):
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.mp4"))
    path.write_text("")
    assert find_inputs(tmp_path) == {"caf\\xe9.mp4": path}


def test_linked_folders_are_followed_once(tmp_path):
    root, elsewhere = tmp_path / "root", tmp_path / "elsewhere"
    for folder in (root / "real", elsewhere / "deep"):
        folder.mkdir(parents=True)
        (folder / "a.mp4").touch()
    (root / "alias").symlink_to(root / "real")  # seen under its own name
    (root / "out").symlink_to(elsewhere)
    (root / "again").symlink_to(elsewhere)
    (elsewhere / "loop").symlink_to(root)
    (root / "self").symlink_to(root / "self")  # leads nowhere
    assert list(find_inputs(root)) == ["again/deep/a.mp4", "real/a.mp4"]


def test_recordings_of_cameras_and_discs_are_found(tmp_path):
    names = ["a.MTS", "b.m2ts", "c.vob", "d.ogv", "e.mxf", "f.gif"]
    for name in names:
        (tmp_path / name).touch()
    assert list(find_inputs(tmp_path)) == names
