import shutil
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from wav2lip.errors import InputError
from wav2lip.evaluation.jobs import PairJob, ScoredPair
from wav2lip.evaluation.pairs import Pair
from wav2lip.evaluation.protocols import PROTOCOLS
from wav2lip.evaluation.records import ClipRecords
from wav2lip.evaluation.results import PairScores, Results, Skipped
from wav2lip.evaluation.run import plan_pairs, run_pairs, set_values
from wav2lip.evaluation.segments import LargestFace
from wav2lip.evaluation.setup import EvaluatorSetup
from wav2lip.evaluation.systems import GENERATED, REAL
from wav2lip.execution.pool import run_in_pool


def test_results_are_in_the_order_of_the_list(tmp_path):
    jobs = [PairJob(None, (), number) for number in range(3)]
    given = [Pair(name, Path(name), Path(name)) for name in "abc"]
    jobs = plan_pairs(None, given)

    def backwards(jobs):
        for job in reversed(jobs):
            name = job.pair.name
            yield ScoredPair(job.number, PairScores(skipped=[Skipped(name, "everything", "")]))

    results = Results({}, None, {})
    assert [pair.name for pair in run_pairs(jobs, results, backwards)] == ["c", "b", "a"]
    assert [item.clip for item in results.skipped] == ["a", "b", "c"]


@pytest.mark.parametrize("lacking", [True, False])
def test_only_a_part_that_may_be_scored_later_is_tried_again(tmp_path, lacking):
    (tmp_path / "a.png").write_bytes(b"photo")
    jobs = plan_pairs(None, [Pair("a", tmp_path / "a.png", tmp_path / "a.png")])
    records = ClipRecords(tmp_path, {}, ("judge", None))
    scored = []

    def score(todo):
        for job in todo:
            scored.append(job.pair.name)
            skipped = [Skipped("a", REAL, "a photo", lacking)]
            yield ScoredPair(job.number, PairScores(skipped=skipped))

    for _ in range(2):
        results = Results({}, None, {})
        list(run_pairs(jobs, results, score, records))
        assert [item.what for item in results.skipped] == [REAL]
    assert scored == (["a"] if lacking else ["a", "a"])


def test_sounds_are_drawn_once_and_written_down(tmp_path):
    given = [Pair(name, Path(name), Path(name)) for name in "abc"]
    jobs = plan_pairs(None, given, [PROTOCOLS["cross"]], tmp_path)
    assert sorted(job.exchanged.name for job in jobs) == ["a", "b", "c"]
    assert all(job.exchanged != job.pair.audio for job in jobs)
    assert (tmp_path / "cross.csv").read_text().startswith("face,audio,speaker\n")
    with pytest.raises(InputError, match="two clips with different sounds"):
        plan_pairs(None, given[:1], [PROTOCOLS["cross"]], tmp_path)


def test_metrics_of_sets_are_over_the_clips_that_have_a_real_video():
    rng = np.random.default_rng(0)
    real, made = (rng.random((9, 2), np.float32) for _ in range(2))
    one = {"fid": {REAL: real[:4], GENERATED: made[:4]}}
    two = {"fid": {REAL: real[4:], GENERATED: made[4:]}}
    found, clips = set_values({"1": one, "none": {"fid": {}}, "2": two, "nothing": {}})
    assert found == {GENERATED: {"fid": pytest.approx(found[GENERATED]["fid"])}}
    assert clips == {"fid": (["1", "2"], [])}
    same, _ = set_values({"1": {"fid": {REAL: real, GENERATED: real}}})
    assert same[GENERATED]["fid"] < 1e-3
    still = {"fid": {**one["fid"], "first frame alone": real[:4]}}
    fewer, clips = set_values({"1": still, "2": two})  # no picture of the other one
    assert clips == {"fid": (["1"], ["2"])}
    assert fewer["first frame alone"]["fid"] < 1e-3
    assert fewer[GENERATED]["fid"] != pytest.approx(found[GENERATED]["fid"])


@pytest.mark.slow
def test_the_pool_gives_what_one_process_gives(judge_file, film, tmp_path, monkeypatch):
    monkeypatch.setenv("WAV2LIP_CACHE", str(tmp_path / "cache"))
    files = [film("talk.mp4", seconds=3.0), film("other.mp4", 1, 1.2)]
    bad = shutil.copy(files[0], tmp_path / "bad.mp4")
    Path(bad).write_text("no video")
    given = [Pair(path.stem, path, path) for path in (*files, Path(bad))]
    setup = EvaluatorSetup(str(judge_file), LargestFace(), tmp_path, detector="hog")
    rows = []
    for workers in (1, 2):
        results = Results({}, None, {})
        list(run_pairs(plan_pairs(setup, given), results, partial(run_in_pool, workers=workers)))
        rows.append((repr(results.clips), results.skipped))
    assert rows[0] == rows[1]
    assert [item.clip for item in rows[0][1]] == ["bad"]
    assert "talk" in rows[0][0]
