import errno
import os
import signal
import subprocess
import sys
import threading
from contextlib import suppress

import pytest
from torch._utils import ExceptionWrapper

from wav2lip.cli.exit import exit_on_input_error
from wav2lip.errors import InputError
from wav2lip.utils.signals import Stopped


@pytest.mark.parametrize(
    "words", [["--help"], ["train", "--help"], ["infer", "--help"], ["export", "--help"]]
)
def test_a_reader_that_leaves_early_is_no_error(words):
    code = "import sys; from wav2lip.cli.main import main; input(); main()"
    process = subprocess.Popen(
        [sys.executable, "-c", code, *words],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    process.stdout.close()
    process.stdin.write("\n")
    process.stdin.close()
    assert process.stderr.read() == ""
    assert process.wait(20) in (0, 141)  # argparse itself ignores a closed pipe


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "error: the disk is full; free some"),
        (PermissionError(errno.EACCES, "Permission denied", "a/b"), "error: a/b: access is not"),
        (
            FileExistsError(errno.EEXIST, "File exists", "a/b"),
            "error: a/b: a file is where a folder",
        ),
        (OSError(errno.EROFS, "Read-only file system", "a/b"), "error: a/b: the folder is read-on"),
    ],
)
def test_an_error_of_the_machine_is_one_line(error, line, capsys):
    @exit_on_input_error
    def command():
        raise error

    with pytest.raises(SystemExit) as stop:
        command()
    assert stop.value.code == 2
    printed = capsys.readouterr().err
    assert printed.startswith(line)
    assert printed.count("\n") == 1


def test_an_error_of_a_loader_process_is_one_line(capsys):
    @exit_on_input_error
    def command():
        try:
            raise InputError("clips/a.safetensors: frame 3 is damaged; preprocess it again")
        except InputError:
            ExceptionWrapper(where="in DataLoader worker process 0").reraise()

    with pytest.raises(SystemExit):
        command()
    line = "error: clips/a.safetensors: frame 3 is damaged; preprocess it again\n"
    assert capsys.readouterr().err == line


def test_a_full_disk_under_a_thread_of_a_library_is_one_line(capsys):
    def write():
        raise OSError(errno.ENOSPC, "No space left on device")

    @exit_on_input_error
    def command():
        thread = threading.Thread(target=write)
        thread.start()
        thread.join()

    command()
    assert capsys.readouterr().err == "error: the disk is full; free some space\n"


def test_any_other_error_of_the_system_is_a_bug():
    @exit_on_input_error
    def command():
        raise FileNotFoundError(errno.ENOENT, "No such file", "a/b")

    with pytest.raises(FileNotFoundError):
        command()


@pytest.mark.skipif(os.name == "nt", reason="a shell of POSIX closes the streams")
def test_closed_streams_are_no_error_and_are_not_the_next_file(tmp_path):
    code = (
        "import os; from wav2lip.cli.exit import exit_on_input_error\n"
        "@exit_on_input_error\n"
        "def main():\n"
        "    print('text'); os.write(2, b'a library prints')\n"
        "    file = open('out', 'w'); file.write(str(file.fileno() > 2))\n"
        "main()\n"
    )
    words = ["sh", "-c", 'exec "$0" -c "$1" <&- >&- 2>&-', sys.executable, code]
    assert subprocess.run(words, cwd=tmp_path, timeout=20, check=False).returncode == 0
    assert (tmp_path / "out").read_text() == "True"


@pytest.mark.skipif(os.name == "nt", reason="an open folder cannot be deleted")
def test_a_deleted_current_folder_is_one_line(tmp_path, monkeypatch, capsys):
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    with pytest.raises(SystemExit, match="2"):
        exit_on_input_error(lambda: None)()
    assert capsys.readouterr().err.startswith("error: the current folder has been deleted; change")


def test_a_signal_that_native_code_turned_into_another_error_is_a_signal(capsys):
    @exit_on_input_error
    def main():
        with suppress(Stopped):
            signal.raise_signal(signal.SIGTERM)
        raise InputError("a.safetensors: is damaged")  # without the context

    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 143
    assert capsys.readouterr().err == "terminated\n"
