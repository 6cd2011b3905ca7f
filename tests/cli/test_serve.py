import socket
import sys

import pytest

from wav2lip.cli.serve import main
from wav2lip.cli.serve_command import _listen
from wav2lip.errors import InputError


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--host", "0.0.0.0"], "--host 0.0.0.0: other machines reach it, so it requires a token"),
        (["--port", "70000"], "port must be a whole number, 0 to 65535, not 70000"),
        (["--queue", "0"], "--queue must be a whole number, 1 to 10000, not 0"),
        (["--upload_mb", "nan"], "--upload_mb must be above 0 and at most 100000, not nan"),
        (
            ["--token_file", "none"],
            "none: cannot be read; give a text file with one token per line",
        ),
        (["--device", "gpu"], "--device must be auto, cpu"),
        (["--folder", "a/b\0c"], "cannot be written"),
        (["--prot", "80"], "unknown option --prot; did you mean --port?"),
    ],
)
def test_bad_input_is_one_line(words, message, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("WAV2LIP_TOKEN", raising=False)
    monkeypatch.setattr(sys, "argv", ["serve", *words])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    line = capsys.readouterr().err.strip()
    assert message in line
    assert "\n" not in line
    assert list(tmp_path.iterdir()) == []


def test_a_used_port_and_a_foreign_address_are_one_line():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(InputError, match=f"127.0.0.1:{port}: cannot be used .*choose another"):
            _listen("127.0.0.1", port)
    with pytest.raises(InputError, match=r"192\.0\.2\.1:0: cannot be used"):
        _listen("192.0.2.1", 0)
