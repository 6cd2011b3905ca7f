from dataclasses import dataclass
from pathlib import Path

import pytest
import torch

from wav2lip.evaluation.jobs import PairJob
from wav2lip.evaluation.pairs import Pair
from wav2lip.evaluation.results import PairScores
from wav2lip.utils.platform import cpu_count


@dataclass(frozen=True)
class Threads:
    """Stands for an evaluator: notes the threads that it may use."""

    seen: tuple[list[object], ...] = ()

    def __call__(self) -> object:
        def score(pair, others, exchanged):
            self.seen[0].append(
                (torch.get_num_threads(), cpu_count(), [p.name for p in others], exchanged)
            )
            return PairScores()

        return score

    def __hash__(self) -> int:
        return id(self.seen)

    def absolute(self):
        return self


@pytest.fixture
def pairs():
    return tuple(Pair(name, Path(f"{name}.mp4"), Path(f"{name}.mp4")) for name in "abc")


def test_jobs_of_a_list_compute_on_one_core_each(pairs):
    seen: list[object] = []
    cores, threads = cpu_count(), torch.get_num_threads()
    outcome = PairJob(Threads((seen,)), pairs, 1, Path("c.mp4")).run()
    assert outcome.number == 1
    assert seen == [(1, 1, ["c", "a"], Path("c.mp4"))]
    PairJob(Threads((seen,)), pairs[:1], 0).run()
    assert seen[1] == (threads, cores, [], None)
    assert (cpu_count(), torch.get_num_threads()) == (cores, threads)


def test_a_job_whose_process_died_is_a_skipped_clip(pairs):
    (skipped,) = PairJob(Threads(), pairs, 2).lost("its process died").scores.skipped
    assert (skipped.clip, skipped.what, skipped.reason) == ("c", "everything", "its process died")


def test_paths_do_not_depend_on_the_working_folder(pairs, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    job = PairJob(Threads(), pairs, 0, Path("b.mp4")).absolute()
    assert job.exchanged == tmp_path / "b.mp4"
    assert [pair.face for pair in job.pairs] == [tmp_path / f"{name}.mp4" for name in "abc"]
    assert job.pair.real is None
