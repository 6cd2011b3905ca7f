import subprocess
import sys

CODE = """
import time
from wav2lip.utils.stdout import say
say("first")
time.sleep(0.5)
for _ in range(3):
    say("unread")
open("done", "w").close()
"""


def test_work_goes_on_when_nobody_reads(tmp_path):
    writer = subprocess.Popen(
        [sys.executable, "-c", CODE],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=tmp_path,
        text=True,
    )
    assert writer.stdout.readline() == "first\n"
    writer.stdout.close()
    assert writer.stderr.read() == ""
    assert writer.wait() == 0
    assert (tmp_path / "done").is_file()
