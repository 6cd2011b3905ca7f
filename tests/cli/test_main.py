import subprocess
import sys

from wav2lip import __version__


def test_the_package_is_the_program(tmp_path):
    words = [sys.executable, "-m", "wav2lip", "--version"]
    made = subprocess.run(words, capture_output=True, text=True, cwd=tmp_path, check=True)
    assert made.stdout == f"{__version__}\n"
    wrong = subprocess.run([*words[:3], "infre"], capture_output=True, text=True, check=False)
    assert wrong.returncode == 2
    assert wrong.stderr == "error: unknown command 'infre'; did you mean infer?\n"
