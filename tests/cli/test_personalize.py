import subprocess
import sys

import pytest

from wav2lip.cli import personalize
from wav2lip.errors import InputError


@pytest.fixture
def check(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "me.mp4").write_bytes(b"video")
    (tmp_path / "old.safetensors").write_bytes(b"weights")

    def run(*words: str) -> None:
        personalize._check(personalize.build_parser().parse(words))

    return run


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["me.mp4"], "the following arguments are required: --output"),
        (["you.mp4", "--output", "a.safetensors"], "you.mp4: no such file; give a video"),
        (["me.mp4", "./me.mp4", "--output", "a.safetensors"], "me.mp4: a video is given twice"),
        (["me.mp4", "--output", "a.pth"], "a.pth: the name must end with .safetensors"),
        (["me.mp4", "--output", "old.safetensors"], "old.safetensors: exists; choose another name"),
        (
            ["me.mp4", "--output", "a.safetensors", "--report", "old.safetensors"],
            "old.safetensors: exists; choose another name",
        ),
        (
            ["me.mp4", "--output", "a.safetensors", "--report", "me.mp4", "--overwrite"],
            "me.mp4: is the video itself; choose another report",
        ),
        (
            ["me.mp4", "--output", "a.safetensors", "--minutes", "0"],
            "--minutes must be above 0 and at most 1440",
        ),
        (
            ["me.mp4", "--output", "a.safetensors", "--checkpoint", "x.ckpt"],
            "x.ckpt: no such checkpoint file",
        ),
    ],
)
def test_mistakes_are_one_line(check, words, message):
    with pytest.raises(InputError) as caught:
        check(*words)
    assert str(caught.value).startswith(message)


def test_good_options_pass(check, tmp_path):
    check("me.mp4", "--output", "a.safetensors", "--report", "a.html")
    check("me.mp4", "--output", "old.safetensors", "--overwrite")
    assert (tmp_path / "old.safetensors").read_bytes() == b"weights"
    assert not (tmp_path / "a.safetensors").exists()


def test_the_help_needs_nothing_heavy():
    code = (
        "import sys; sys.argv = ['wav2lip', 'personalize', '--help']\n"
        "from wav2lip.cli.main import main\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "assert not {'torch', 'cv2', 'numpy'} & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "usage: wav2lip personalize" in done.stdout
