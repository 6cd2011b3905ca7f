import pytest

from wav2lip.errors import InputError
from wav2lip.utils.files import check_writable, write_atomically


def test_a_file_is_written_with_its_folders_and_replaced(tmp_path):
    path = tmp_path / "new" / "folder" / "a.bin"
    write_atomically(path, b"one")
    write_atomically(path, b"two")
    assert path.read_bytes() == b"two"
    assert [file.name for file in path.parent.iterdir()] == ["a.bin"]


def test_a_path_that_cannot_be_written_is_named_and_leaves_nothing(tmp_path):
    blocker = tmp_path / "file"
    blocker.write_text("not a folder")
    for write in (check_writable, lambda path: write_atomically(path, b"data")):
        for path in (blocker / "a.bin", tmp_path):
            with pytest.raises(InputError) as error:
                write(path)
            assert str(error.value).startswith(f"{path}: ")
            assert "\n" not in str(error.value)
    assert [file.name for file in tmp_path.iterdir()] == ["file"]


def test_checking_leaves_the_file_as_it_is(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("kept")
    check_writable(path)
    assert path.read_text() == "kept"
    check_writable(tmp_path / "b.txt")
    assert not (tmp_path / "b.txt").exists()
