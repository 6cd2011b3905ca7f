"""On clusters of this machine. An environment that was installed before Ray was required skips them."""

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import cv2
import pytest

from wav2lip.clips import read_manifest
from wav2lip.errors import InputError
from wav2lip.execution.pool import run_in_pool
from wav2lip.execution.ray_executor import RayExecutor
from wav2lip.execution.ray_folder import ray_folder
from wav2lip.media.pcm import to_pcm, write_wav
from wav2lip.preprocessing.corpus import plan_jobs, preprocess
from wav2lip.preprocessing.settings import ClipSettings
from wav2lip.synthetic.clips import synthesize, write_synthetic_video

ray = pytest.importorskip("ray", reason="Ray is not installed")
ROOT = Path(__file__).resolve().parents[2]
NODE = {"num_cpus": 1, "object_store_memory": 80_000_000, "include_dashboard": False}


def of_ray(folder):
    """The processes of a cluster: each names its session's folder, or was started by one that does."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            words = (entry / "cmdline").read_bytes() + (entry / "environ").read_bytes()
        except OSError:
            continue
        if str(folder).encode() in words and int(entry.name) != os.getpid():
            found.append(words.replace(b"\0", b" ")[:200])
    return found


def gone(folder):
    end = time.monotonic() + 60
    while of_ray(folder) and time.monotonic() < end:
        time.sleep(0.1)
    return not of_ray(folder)


@contextmanager
def two_nodes(monkeypatch):
    """A cluster of two nodes with a processor each, and the second node."""
    from ray.cluster_utils import Cluster

    folder = tempfile.mkdtemp(prefix="t-", dir="/tmp")  # its sockets need a short path
    monkeypatch.setenv("RAY_TMPDIR", folder)
    shared = {str(path) for path in Path("/dev/shm").glob("*")}
    cluster = Cluster()
    try:
        cluster.add_node(**NODE)
        second = cluster.add_node(**NODE)
        cluster.wait_for_nodes()
        yield cluster, second
    finally:
        ray.shutdown()
        cluster.shutdown()
        assert gone(folder)
        shutil.rmtree(folder)
    left = {str(path) for path in Path("/dev/shm").glob("*")} - shared
    assert not [path for path in left if "plasma" in path or "ray" in path]


def killing_half_way(cluster, second, number, alive):
    """An executor that loses the second node after some outcomes."""
    execute = RayExecutor(cluster.address)

    def run(jobs):
        for count, outcome in enumerate(execute(jobs), 1):
            alive.append(sum(node["Alive"] for node in ray.nodes()))
            if count == number:
                cluster.remove_node(second, allow_graceful=False)
            yield outcome
        while (living := sum(node["Alive"] for node in ray.nodes())) > 1:
            time.sleep(0.1)
        alive.append(living)

    return run


def written(folder):
    """The tables, byte for byte, and the names of the other files. A mel depends on the number of threads."""
    names = [p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()]
    return sorted(names), *((folder / n).read_bytes() for n in ("manifest.csv", "failures.csv"))


def compare_with_the_pool(videos, folder, number, monkeypatch):
    def jobs_of(name):
        return plan_jobs(videos, folder / name, ClipSettings(), detector="hog", val_share=0.0)

    preprocess(jobs_of("pool"), folder / "pool", run_in_pool)
    monkeypatch.chdir(folder)  # a worker's own folder is another: paths must not depend on it
    alive: list[int] = []
    with two_nodes(monkeypatch) as (cluster, second):
        execute = killing_half_way(cluster, second, number, alive)
        outcomes, rows = preprocess(jobs_of("ray"), folder / "ray", execute)
    assert (alive[0], alive[-1]) == (2, 1)
    assert written(folder / "ray") == written(folder / "pool")
    return outcomes, rows


def write_videos(folder, count, seconds):
    folder.mkdir()
    for seed in range(count):
        write_synthetic_video(folder / f"{seed}.mp4", synthesize(seed, seconds, size=200))
    (folder / "broken.mp4").write_text("no video")
    return folder


def test_a_cluster_of_one_node_gives_what_the_pool_gives(tmp_path, monkeypatch):
    clip = synthesize(1, 0.8, size=96)
    for name in ("a", "b"):  # frame folders, so that no detector is loaded
        folder = tmp_path / "in" / "ann" / name
        folder.mkdir(parents=True)
        for number, frame in enumerate(clip.frames):
            cv2.imwrite(str(folder / f"{number}.jpg"), frame)
        write_wav(folder / "audio.wav", to_pcm(clip.wav))
    (tmp_path / "in" / "ann" / "b" / "7.jpg").write_text("no picture")
    monkeypatch.chdir(tmp_path)
    temporary = Path(tempfile.mkdtemp(prefix="t-", dir="/tmp"))
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    for name, execute in (
        ("pool", partial(run_in_pool, workers=1)),
        ("ray", RayExecutor(cpus=0.5)),
    ):
        preprocess(plan_jobs(tmp_path / "in", Path(name), ClipSettings()), Path(name), execute)
    assert written(tmp_path / "ray") == written(tmp_path / "pool")
    assert len(read_manifest(tmp_path / "ray")) == 1
    assert not ray.is_initialized()
    assert gone(temporary)
    temporary.rmdir()  # is empty


@pytest.mark.slow
def test_a_node_killed_half_way_costs_nothing(tmp_path, monkeypatch):
    videos = write_videos(tmp_path / "in", 16, 2.0)
    outcomes, rows = compare_with_the_pool(videos, tmp_path, 8, monkeypatch)
    assert [o.source for o in outcomes if o.reason] == ["broken.mp4"]
    assert len(rows) == 16


def test_paths_do_not_depend_on_the_working_folder(tmp_path, monkeypatch):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.mp4").touch()
    monkeypatch.chdir(tmp_path)
    (job,) = plan_jobs(Path("in"), Path("out"), ClipSettings())
    moved = job.absolute()
    assert (moved.video.path, moved.folder) == (tmp_path / "in" / "a.mp4", tmp_path / "out")
    assert moved.key == job.key


def test_a_cluster_that_is_not_there_is_named():
    for address in ("127.0.0.1:1", "ray://127.0.0.1:1", "ray://[::1]:1"):
        with pytest.raises(InputError, match=f"^no Ray cluster at {re.escape(address)} "):
            RayExecutor(address)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130), (signal.SIGKILL, -9)]
)
def test_the_cluster_that_a_command_starts_ends_with_it(number, code, tmp_path, monkeypatch):
    videos = write_videos(tmp_path / "in", 6, 2.0)
    folder = Path(tempfile.mkdtemp(prefix="t-"))
    command = [
        *(sys.executable, str(ROOT / "preprocess.py"), f"input={videos}", f"output={tmp_path}/out"),
        *("detector=hog", "executor=ray"),
    ]
    process = subprocess.Popen(
        command,
        env=os.environ | {"TMPDIR": str(folder), "OMP_NUM_THREADS": "1"},
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    try:
        while not list((tmp_path / "out").glob("records/*.json")):
            assert process.poll() is None, process.stderr.read()
            time.sleep(0.05)
        assert of_ray(folder)
        if number == signal.SIGINT:
            os.killpg(process.pid, number)
        else:
            process.send_signal(number)
        assert process.wait(60) == code
        assert gone(folder)
        assert b"Traceback" not in process.stderr.read()
        if number == signal.SIGKILL:
            monkeypatch.setattr(tempfile, "tempdir", str(folder))
            with ray_folder():  # of the next cluster
                pass
            assert not list(folder.glob("ray-*"))
        else:
            assert list(folder.iterdir()) == []
        done = subprocess.run([*command[:-1], "workers=1"], check=False)
        assert done.returncode == 0
        assert len(list((tmp_path / "out").glob("records/*.json"))) == 7
    finally:
        process.kill()
        shutil.rmtree(folder, ignore_errors=True)
