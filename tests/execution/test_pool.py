import sys

import pytest

from wav2lip.errors import InputError
from wav2lip.execution.pool import run_in_pool
from wav2lip.execution.ray_executor import RayExecutor

# A worker's view of the world: a module that a spawned process can import.
CRASHER = """
import os
from dataclasses import dataclass

@dataclass
class Job:
    name: str

    def run(self):
        if "crash" in self.name:
            os._exit(9)
        return self.name, str(os.getpid())

    def lost(self, reason):
        return self.name, reason
"""


@pytest.mark.slow
def test_a_worker_that_dies_costs_one_job(tmp_path, monkeypatch):
    (tmp_path / "crasher.py").write_text(CRASHER)
    monkeypatch.syspath_prepend(str(tmp_path))
    import crasher

    names = ["a.mp4", "crash.mp4", *(f"z{number:02}.mp4" for number in range(12))]
    outcomes = list(run_in_pool([crasher.Job(name) for name in names], 2))
    assert sorted(source for source, _ in outcomes) == names  # each once
    reasons = dict(outcomes)
    assert reasons.pop("crash.mp4").startswith("its process died")
    # At most two before, two alone and two after: the rest does not run each in its own process.
    assert len(set(reasons.values())) <= 6
    sys.modules.pop("crasher")


def test_ray_where_it_is_not_installed_is_one_line(monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(InputError, match=r"pip install 'wav2lip-lab\[ray\]'"):
        RayExecutor()
