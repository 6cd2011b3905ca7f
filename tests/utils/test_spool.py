import tempfile

import pytest

from wav2lip.errors import OutputError
from wav2lip.utils import spool
from wav2lip.utils.spool import Spool


def test_records_come_back_from_memory_and_from_the_disk(monkeypatch):
    monkeypatch.setattr(spool, "IN_MEMORY", 1000)
    with Spool() as kept:
        places = [kept.add(bytes([value]) * 300) for value in range(9)]
        assert places == [300 * value for value in range(9)]
        assert [kept.read(place, 300)[0] for place in reversed(places)] == list(range(8, -1, -1))
        assert kept.add(b"last") == kept.size - 4


def test_a_full_disk_is_one_line(monkeypatch, tmp_path):
    monkeypatch.setattr(spool, "IN_MEMORY", 10)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "absent"))
    with Spool() as kept, pytest.raises(OutputError, match="absent: cannot be written: the folder"):
        kept.add(b"more than ten bytes")
