"""On a local cluster of two nodes; needs the optional extra `ray`."""

from pathlib import Path

import pytest

from wav2lip.preprocessing.corpus import plan_jobs, preprocess
from wav2lip.preprocessing.executors import run_in_pool
from wav2lip.preprocessing.ray_executor import RayExecutor, absolute
from wav2lip.preprocessing.settings import ClipSettings
from wav2lip.synthetic.clips import synthesize, write_synthetic_video

ray = pytest.importorskip("ray", reason="the optional extra `ray` is not installed")
pytestmark = pytest.mark.slow
NODE = {"num_cpus": 1, "object_store_memory": 80_000_000}


@pytest.fixture
def cluster():
    from ray.cluster_utils import Cluster

    cluster = Cluster(initialize_head=True, head_node_args=NODE)
    yield cluster
    ray.shutdown()
    cluster.shutdown()


def test_a_node_killed_half_way_costs_nothing(cluster, tmp_path, monkeypatch):
    videos = tmp_path / "in"
    videos.mkdir()
    for seed in range(6):
        write_synthetic_video(videos / f"{seed}.mp4", synthesize(seed, 1.2, size=200))
    (videos / "broken.mp4").write_text("no video")

    def jobs_of(name):
        return plan_jobs(videos, tmp_path / name, ClipSettings(), detector="hog", val_share=0.0)

    preprocess(jobs_of("here"), tmp_path / "here", run_in_pool)
    second = cluster.add_node(**NODE)
    cluster.wait_for_nodes()
    execute = RayExecutor(cluster.address)
    alive = []

    def half_way(jobs):
        for number, outcome in enumerate(execute(jobs), 1):
            alive.append(sum(node["Alive"] for node in ray.nodes()))
            if number == 2:
                cluster.remove_node(second, allow_graceful=False)
            yield outcome

    monkeypatch.chdir(tmp_path)  # a worker's own folder is another: paths must not depend on it
    outcomes, rows = preprocess(jobs_of("there"), tmp_path / "there", half_way)
    assert (alive[0], alive[-1]) == (2, 1)
    assert len(outcomes) == 7
    assert [o.source for o in outcomes if o.reason] == ["broken.mp4"]
    assert len(rows) == 6
    assert {row.source for row in rows} == {f"{seed}.mp4" for seed in range(6)}
    for name in ("manifest.csv", "failures.csv"):
        here, there = (tmp_path / place / name for place in ("here", "there"))
        assert there.read_bytes() == here.read_bytes()


def test_paths_do_not_depend_on_the_working_folder(tmp_path, monkeypatch):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.mp4").touch()
    monkeypatch.chdir(tmp_path)
    (job,) = plan_jobs(Path("in"), Path("out"), ClipSettings())
    moved = absolute(job)
    assert (moved.video.path, moved.folder) == (tmp_path / "in" / "a.mp4", tmp_path / "out")
    assert moved.key == job.key
