"""`wav2lip infer --sign`: single videos and tables of jobs."""

import hashlib
import json
from pathlib import Path

import pytest
from certificates import Authority

from wav2lip.cli.infer_command import run
from wav2lip.cli.infer_options import check_files, parse
from wav2lip.errors import InputError
from wav2lip.provenance import read_credentials


@pytest.fixture
def signing(checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Words of the command line; anchor.pem, good.pem and good.key in the current folder."""
    monkeypatch.setenv("WAV2LIP_CACHE", str(tmp_path / ".cache"))
    monkeypatch.chdir(tmp_path)
    Authority(tmp_path).issue("good")
    words = ["--checkpoint", str(checkpoint), "--box", "30", "100", "50", "110", "--device", "cpu"]
    return [*words, "--sign", "good.pem", "--sign_key", "good.key"]


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_video_names_what_it_was_made_from(
    signing: list[str], checkpoint: Path, still: Path, sound
) -> None:
    words = ["--face", str(still), "--audio", str(sound(0.2)), "--output", "talk.mp4"]
    assert run(parse([*signing, *words, "--report", "r.json", "--strip", "s.png"])) == 0
    found = read_credentials("talk.mp4", "anchor.pem")
    assert found is not None
    assert (found.state, found.signer) == ("Trusted", "Studio good")
    assert [(item.role, item.sha256) for item in found.ingredients] == [
        ("face", digest(still)),
        ("audio", digest(sound(0.2))),
        ("checkpoint", digest(checkpoint)),
    ]
    assert json.loads(Path("r.json").read_text())["signer"] == "Studio good"
    assert {path.suffix for path in Path().glob("*.*")} == {".pem", ".key", ".mp4", ".json", ".png"}


def test_a_table_of_jobs_is_signed(signing: list[str], still: Path, sound) -> None:
    Path("jobs.csv").write_text(f"face,audio,output\n{still},{sound(0.2)},a.mp4\n")
    assert run(parse([*signing, "--jobs", "jobs.csv"])) == 0
    found = read_credentials("a.mp4")
    assert found is not None
    assert found.state == "Valid"


def test_a_format_that_cannot_be_signed_is_refused_before_anything_is_read(
    signing: list[str], still: Path, sound
) -> None:
    message = r"a\.mkv: '\.mkv' cannot hold Content Credentials; use one of \.mp4 \.m4v \.mov"
    words = ["--face", str(still), "--audio", str(sound(0.2)), "--output", "a.mkv"]
    with pytest.raises(InputError, match=message):
        check_files(parse([*signing, *words]))
    Path("jobs.csv").write_text(f"face,audio,output\n{still},{sound(0.2)},a.mkv\n")
    with pytest.raises(InputError, match=message):
        run(parse([*signing, "--jobs", "jobs.csv"]))


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--sign_key", "k"], "--sign_key requires --sign; see --help"),
        (["--consent", "c"], "--consent requires --sign; see --help"),
        (["--timestamp", "http://a"], "--timestamp requires --sign; see --help"),
        (
            ["--sign", "c", "--timestamp", "a"],
            "--timestamp must be an address such as http://host/path, not a",
        ),
    ],
)
def test_options_that_do_not_fit(words: list[str], message: str) -> None:
    with pytest.raises(InputError, match=f"^{message}"):
        parse(["--face", "a.png", "--audio", "a.wav", *words])


def test_the_address_of_a_server_is_no_path() -> None:
    words = ["--face", "a.png", "--audio", "a.wav", "--sign", "c", "--timestamp=http://host/tsa"]
    assert parse(words).timestamp == "http://host/tsa"


def test_the_output_may_not_be_the_certificate(signing: list[str], still: Path, sound) -> None:
    words = ["--face", str(still), "--audio", str(sound(0.2)), "--report", "good.key"]
    with pytest.raises(InputError, match=r"good\.key: is the key of the certificate itself"):
        check_files(parse([*signing, *words]))
