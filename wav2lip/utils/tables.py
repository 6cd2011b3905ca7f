"""Text lists and tables as people save them: UTF-8 with or without a byte-order mark, UTF-16, `,` `;` or tab."""

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from wav2lip.errors import InputError

MARKS = {  # byte-order mark -> encoding
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
SEPARATORS = ",;\t"
MAX_BYTES = 2**28  # of a list: two million rows of 128 characters; a device never ends
EXCEL_LINE = re.compile(r"sep=[,;\t]?")  # a first line that tells Excel the separator


def read_text(path: Path, what: str) -> str:
    """Read a text file.

    Args:
        path: the file.
        what: what it should be, for the error: "list of videos".

    Raises:
        InputError: it cannot be read, or is neither UTF-8 nor UTF-16 with a byte-order mark.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); check the path") from error
    if len(data) > MAX_BYTES:
        raise InputError(
            f"{path}: not a {what}: it is larger than {MAX_BYTES // 2**20} MB; check the path"
        )
    encoding = next((name for mark, name in MARKS.items() if data.startswith(mark)), "utf-8")
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        raise InputError(
            f"{path}: not a {what}: it is not a text file in UTF-8 ({error}); save it as one"
        ) from error
    # A list has a dot, a separator or a line break; data whose start looks like a mark has none.
    if "\0" in text or (text and not any(c.isascii() for c in text)):
        raise InputError(
            f"{path}: not a {what}: it is not a text file in UTF-8 (binary data); save it as one"
        )
    return text


def read_lines(path: Path, what: str) -> list[str]:
    """Read the lines of a list without surrounding spaces; blank lines are kept.

    Raises:
        InputError: see `read_text`.
    """
    return [line.strip() for line in io.StringIO(read_text(path, what), newline=None)]


def read_table(path: Path, what: str) -> tuple[list[str], Iterator[tuple[int, dict[str, str]]]]:
    """Read a table whose first line names its columns; the separator is that of the first line.

    Args:
        path: the file.
        what: what it should be, for errors.

    Returns:
        The columns; and, per row that is not empty, its line and its cells by column. A missing
        cell is "".

    Raises:
        InputError: see `read_text`; a column occurs twice; while the rows are read: a row is not CSV.
    """
    lines = list(io.StringIO(read_text(path, what), newline=""))  # a name may hold U+2028
    skipped = bool(lines) and EXCEL_LINE.fullmatch(lines[0].strip()) is not None
    lines = lines[skipped:]
    first = lines[0] if lines else ""
    separator = max(SEPARATORS, key=first.count)  # the first of those that occur equally often
    reader = csv.reader(lines, delimiter=separator)
    columns = [name.strip() for name in next(reader, [])]
    twice = [name for name, count in Counter(columns).items() if name and count > 1]
    if twice:
        raise InputError(f"{path}: has two columns {twice[0]}; remove one")

    def rows() -> Iterator[tuple[int, dict[str, str]]]:
        try:
            for cells in reader:
                if cells:
                    padded = [*cells, *[""] * (len(columns) - len(cells))]
                    yield reader.line_num + skipped, dict(zip(columns, padded, strict=False))
        except csv.Error as error:
            raise InputError(
                f"{path}, line {reader.line_num + skipped}: not a {what} ({error}); save it as CSV in UTF-8"
            ) from error

    return columns, rows()
