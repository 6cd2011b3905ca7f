from pathlib import Path

import pytest

from wav2lip.errors import InputError
from wav2lip.preprocessing.inputs import find_inputs
from wav2lip.preprocessing.splits import has_splits, read_splits
from wav2lip.utils.tables import read_lines, read_table

ENCODINGS = ("utf-8", "utf-8-sig", "utf-16")


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_a_table_as_spreadsheets_save_it(tmp_path, encoding, separator):
    path = tmp_path / "a.csv"
    path.write_text(f"file{separator}split\r\né.mp4{separator}val\r\n\r\nb.mp4\r\n", encoding)
    columns, rows = read_table(path, "list")
    assert columns == ["file", "split"]
    assert list(rows) == [
        (2, {"file": "é.mp4", "split": "val"}),
        (4, {"file": "b.mp4", "split": ""}),
    ]


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_list_as_editors_save_it(tmp_path, encoding):
    (tmp_path / "s").mkdir()
    (tmp_path / "s" / "é.mp4").touch()
    path = tmp_path / "val.txt"
    path.write_text("s\\é.mp4 NF:3\r\n", encoding)
    assert read_lines(path, "list") == ["s\\é.mp4 NF:3"]
    assert list(find_inputs(path)) == ["s/é.mp4"]
    assert read_splits(path) == {"s/é.mp4": ("val", "")}  # the first line, too


def test_what_is_no_text_is_one_line(tmp_path):
    path = tmp_path / "list.csv"
    for content in (b"file,split\n\xe9.mp4,val\n", b"file,split\n\0,val\n", b"\xff\xfe\x80"):
        path.write_bytes(content)
        for read in (find_inputs, read_splits, has_splits):
            with pytest.raises(
                InputError, match=r"list\.csv: not a list of \w+: it is not a text file"
            ):
                read(path)
    path.write_text("file,split\na.mp4,evaluation\n")
    with pytest.raises(
        InputError, match=r"line 2: unknown split 'evaluation'; choose one of train"
    ):
        read_splits(path)
    path.write_text("file,split\n" + "x" * 200_000)
    with pytest.raises(InputError, match=r"line 2: not a list of splits \(field larger"):
        read_splits(path)


def test_the_line_that_tells_excel_the_separator_is_skipped(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("sep=;\nfile;split\na.mp4;val\n")
    columns, rows = read_table(path, "list")
    assert columns == ["file", "split"]
    assert list(rows) == [(3, {"file": "a.mp4", "split": "val"})]


def test_a_column_that_occurs_twice_is_refused(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("face,face,audio\na,b,c\n")
    with pytest.raises(InputError, match=r"a\.csv: has two columns face; remove one"):
        read_table(path, "table of jobs")


def test_a_list_without_an_end_is_refused(monkeypatch):
    monkeypatch.setattr("wav2lip.utils.tables.MAX_BYTES", 2**20)
    with pytest.raises(InputError, match=r"/dev/zero: not a list: it is larger than 1 MB"):
        read_table(Path("/dev/zero"), "list")
