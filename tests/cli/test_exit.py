import subprocess
import sys

import pytest


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
