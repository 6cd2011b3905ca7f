from pathlib import Path

import pytest

from wav2lip.errors import InputError
from wav2lip.web.limits import Limits
from wav2lip.web.server_settings import ServerSettings, is_loopback, read_tokens

TOKEN = "0123456789abcdef"


@pytest.mark.parametrize(
    ("host", "local"),
    [
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("localhost", True),
        ("0.0.0.0", False),
        ("::", False),
        ("192.168.1.2", False),
        ("example.org", False),
        ("localhost.example.org", False),
    ],
)
def test_only_loopback_needs_no_token(host, local):
    assert is_loopback(host) is local
    if local:
        names = ServerSettings(Path("a"), host).host_names
        assert names is not None
        assert names[:3] == ("localhost", "127.0.0.1", "[::1]")
        assert (f"[{host}]" if ":" in host else host) in names
        return
    with pytest.raises(InputError, match="it requires a token"):
        ServerSettings(Path("a"), host)
    assert ServerSettings(Path("a"), host, tokens=(TOKEN,)).host_names is None
    named = ServerSettings(Path("a"), host, tokens=(TOKEN,), allowed_hosts=("2001:db8::1", "a.b"))
    assert named.host_names is not None
    assert named.host_names[4:] == ("[2001:db8::1]", "a.b")


def test_tokens_come_from_a_file_and_the_environment(tmp_path):
    file = tmp_path / "tokens"
    file.write_text(f"# ours\n{TOKEN}1\n\n {TOKEN}2 \n{TOKEN}1\n")
    assert read_tokens(file, f"{TOKEN}3") == (f"{TOKEN}3", f"{TOKEN}1", f"{TOKEN}2")
    assert read_tokens(None) == ()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "contains no token"),
        (b"# none\n", "contains no token"),
        (b"short", "at least 16 printable ASCII characters"),
        ("ä".encode() * 20, "at least 16 printable ASCII characters"),
        (b"\xff" * 20, "cannot be read"),
    ],
)
def test_a_bad_token_file_is_one_line(content, message, tmp_path):
    (tmp_path / "tokens").write_bytes(content)
    with pytest.raises(InputError, match=message):
        read_tokens(tmp_path / "tokens")


def test_the_token_is_not_printed():
    assert TOKEN not in repr(ServerSettings(Path("a"), tokens=(TOKEN,)))


@pytest.mark.parametrize("name", ["upload_mb", "queue", "keep_hours", "pixels"])
def test_limits_are_above_zero(name):
    with pytest.raises(InputError, match=name):
        Limits(**{name: 0})
