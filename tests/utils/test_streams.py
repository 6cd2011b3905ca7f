import os
import stat
import threading
from pathlib import Path

import pytest

from wav2lip.errors import OutputError
from wav2lip.utils import streams
from wav2lip.utils.files import check_writable, write_atomically


@pytest.mark.skipif(os.name == "nt", reason="devices and named pipes of POSIX")
def test_devices_and_pipes_are_written_into(tmp_path, capfd):
    for device in ("/dev/null", "/dev/stdout"):
        before = Path(device).lstat().st_ino
        check_writable(Path(device))
        write_atomically(Path(device), b"data")
        assert Path(device).lstat().st_ino == before
    assert capfd.readouterr().out == "data"
    with pytest.raises(OutputError, match="/dev/full: cannot be written: the disk is full"):
        write_atomically(Path("/dev/full"), b"data")
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    received = []
    reader = threading.Thread(target=lambda: received.append(pipe.read_bytes()))
    reader.start()
    write_atomically(pipe, b"data")
    reader.join(10)
    assert received == [b"data"]
    assert stat.S_ISFIFO(pipe.lstat().st_mode)
    assert list(tmp_path.iterdir()) == [pipe]


@pytest.mark.skipif(os.name == "nt", reason="named pipes of POSIX")
def test_a_pipe_that_nobody_reads_is_one_line(tmp_path, monkeypatch):
    monkeypatch.setattr(streams, "READER_PATIENCE", 0.1)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OutputError, match="pipe: cannot be written: no program reads"):
        write_atomically(tmp_path / "pipe", b"data")
