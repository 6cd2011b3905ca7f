"""Each command stopped at 50 random moments; `python -m tests.kill COMMAND --seed 2` tries others."""

from pathlib import Path

import pytest

from tests.kill.cases import CASES
from tests.kill.moments import try_moments

MOMENTS = 50


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="reads /proc")
@pytest.mark.parametrize("name", CASES)
def test_stopped_at_any_moment_a_command_ends_as_if_undisturbed(name: str) -> None:
    result = try_moments(CASES[name], MOMENTS)
    print(result.table(name))
    assert result.problems == []
    assert result.tried.total() == MOMENTS
    assert bool(result.locks) == (CASES[name].locked is not None)
