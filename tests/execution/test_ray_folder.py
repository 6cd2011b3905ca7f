import subprocess
import sys
import tempfile

from wav2lip.execution.ray_folder import ray_folder

HOLD = """
import sys
from wav2lip.execution.ray_folder import ray_folder
with ray_folder() as folder:
    (folder / "session").mkdir()
    print(folder, flush=True)
    sys.stdin.read()
"""


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_the_folder_of_a_killed_process_is_deleted_by_the_next_one(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    (tmp_path / "ray-of-another").mkdir()  # has no lock
    (tmp_path / "ray-starting").mkdir()
    (tmp_path / "ray-starting" / ".lock").touch()  # is about to be locked
    kept = ["ray-of-another", "ray-starting"]
    process = subprocess.Popen(
        [sys.executable, "-c", f"import tempfile; tempfile.tempdir = {str(tmp_path)!r}\n{HOLD}"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    folder = process.stdout.readline().strip()
    with ray_folder() as own:
        assert names(tmp_path) == sorted([*kept, own.name, folder.rpartition("/")[2]])
        with ray_folder():
            assert own.is_dir()
        process.kill()
        process.wait()
        with ray_folder() as other:
            assert names(tmp_path) == sorted([*kept, own.name, other.name])
    assert names(tmp_path) == kept
