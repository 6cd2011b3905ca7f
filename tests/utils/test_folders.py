import pytest

from wav2lip.errors import OutputError
from wav2lip.utils.folders import check_output_path


def test_new_folders_are_told(tmp_path, caplog):
    check_output_path(tmp_path / "out.mp4")
    check_output_path(tmp_path / "new" / "out.mp4")
    assert caplog.text == ""
    check_output_path(tmp_path / "a" / "b" / "out.mp4")
    assert f"{tmp_path / 'a' / 'b'} does not exist and will be made" in caplog.text
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_made(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="file is not a folder"):
        check_output_path(tmp_path / "file" / "out.mp4")
    with pytest.raises(OutputError, match=r"x…: cannot be written: the name is too long"):
        check_output_path(tmp_path.with_name("x" * 300))
