import sys

import pytest

from wav2lip.cli.verify import lines, main
from wav2lip.provenance import Credentials, Ingredient


def test_the_state_comes_first():
    parts = [Ingredient("face", "a.png", "ab"), Ingredient("audio", "array")]
    found = Credentials(
        "Valid", "Studio", "wav2lip-lab 1", "2027", False, "2026", "composite", parts
    )
    assert lines(found) == [
        "Valid (unknown signer): unchanged since it was signed; the certificate names Studio",
        "  made by  wav2lip-lab 1",
        "  made     2026 by the signer's clock",
        "  signed   2027 by an unknown time-stamping authority",
        "  kind     composite",
        "  face     a.png  sha256 ab",
        "  audio    array",
    ]
    assert lines(Credentials("Trusted", "Studio")) == ["Trusted: unchanged since Studio signed it"]
    assert lines(Credentials("Invalid", problems=["changed", "old"])) == ["Invalid: changed; old"]


def test_a_part_cannot_pass_for_a_fact():
    parts = [Ingredient("signed", "2019 by a trusted time-stamping authority")]
    found = Credentials("Valid", "Studio", "wav2lip-lab 1", ingredients=parts)
    assert lines(found)[2] == "  part: signed  2019 by a trusted time-stamping authority"


@pytest.mark.parametrize(
    ("words", "code", "out", "err"),
    [
        (["a.mp4"], 1, "a.mp4: has no Content Credentials\n", ""),
        (["b.mp4"], 2, "", "error: b.mp4: cannot be read (No such file or directory); check the"),
        ([], 2, "", "error: the following arguments are required: FILE; see --help"),
    ],
)
def test_exit_codes(words, code, out, err, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.mp4").write_bytes(b"text")
    monkeypatch.setattr(sys, "argv", ["wav2lip verify", *words])
    with pytest.raises(SystemExit) as caught:
        main()
    said = capsys.readouterr()
    assert (caught.value.code, said.out) == (code, out)
    assert said.err.startswith(err)
