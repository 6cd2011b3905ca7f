import pytest

from wav2lip.utils.files import AtomicFile
from wav2lip.utils.rewritten_file import RewrittenFile, new_file


def test_the_second_file_takes_the_name_and_the_first_is_deleted(tmp_path):
    path = tmp_path / "a.txt"
    with RewrittenFile(path, lambda part, file: file.write(part.read_bytes().upper())) as new:
        new.file.write(b"text")
        assert not path.exists()
    assert path.read_bytes() == b"TEXT"
    assert list(tmp_path.iterdir()) == [path]


def test_an_error_of_the_second_leaves_what_was_there(tmp_path):
    def fail(part, file):
        file.write(b"half")
        raise ValueError("no")

    path = tmp_path / "a.txt"
    path.write_bytes(b"old")
    with pytest.raises(ValueError, match="no"), RewrittenFile(path, fail) as new:
        new.file.write(b"text")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_without_a_second_step_it_is_a_plain_one(tmp_path):
    with new_file(tmp_path / "a.txt") as new:
        assert type(new) is AtomicFile
