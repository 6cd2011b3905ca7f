import subprocess
import sys

import pytest

from wav2lip.checkpoints import build_network, load_network, save_network
from wav2lip.cli import export

SMALL = {"_target_": "wav2lip.models.Generator", "width": 0.125}


@pytest.fixture
def source(tmp_path):
    save_network(tmp_path / "small.safetensors", build_network(SMALL), SMALL, {"step": 3})
    return tmp_path / "small.safetensors"


def run(monkeypatch, *words: object):
    monkeypatch.setattr(sys, "argv", ["wav2lip export", *map(str, words)])
    try:
        export.main()
    except SystemExit as stopped:
        return int(stopped.code or 0)
    return 0


def test_what_was_written_is_printed(source, tmp_path, monkeypatch, capsys):
    output = tmp_path / "out" / "full.safetensors"
    words = (source, output, "--precision", "fp32", "--network", "generator")
    assert run(monkeypatch, *words, "--motion_gain", "2") == 0
    assert capsys.readouterr().out.startswith(f"{output}: {SMALL}, ")
    assert load_network(output).metadata["motion_gain"] == 2


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (["gone.ckpt", "b.pth"], "error: gone.ckpt: no such checkpoint file"),
        (["small.safetensors", "small.safetensors"], "is the checkpoint itself; choose another"),
        (["small.safetensors", "b.bin"], "error: b.bin: its suffix does not imply a format"),
        (
            ["small.safetensors", "b.pth", "--precision", "fp16"],
            "the format published has no precision fp16",
        ),
        (
            ["small.safetensors", "b.onnx", "--precision", "int8"],
            "error: --precision int8 and --calibrate VIDEO require each other",
        ),
        (
            ["small.safetensors", "b.onnx", "--precision", "int8", "--calibrate", "gone.mp4"],
            "error: gone.mp4: no such file; check --calibrate",
        ),
        (
            ["small.safetensors", "b.safetensors", "--precision", "int8"],
            "the format wav2lip has no precision int8; choose fp16 or fp32",
        ),
        (["small.safetensors"], "error: the following arguments are required: OUTPUT; see --help"),
    ],
)
def test_bad_input_is_one_line(source, tmp_path, monkeypatch, capsys, words, error):
    monkeypatch.chdir(tmp_path)
    assert run(monkeypatch, *words) == 2
    line = capsys.readouterr().err.strip()
    assert error in line
    assert "\n" not in line
    assert [path.name for path in tmp_path.iterdir()] == ["small.safetensors"]


def test_arguments_are_checked_before_torch_is_imported(tmp_path):
    code = (
        "import sys; sys.argv = ['wav2lip', 'export', 'gone.ckpt', 'b.pth']\n"
        "from wav2lip.cli.main import main\n"
        "try: main()\n"
        "except SystemExit as stopped: print(stopped.code, 'torch' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, check=True
    )
    assert done.stdout.split() == ["2", "False"]
