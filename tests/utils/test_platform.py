import os
import subprocess
import sys
from pathlib import Path
from platform import libc_ver

import pytest

from wav2lip.errors import InputError
from wav2lip.utils import platform
from wav2lip.utils.platform import limit_arenas, require_processes

ROOT = Path(__file__).resolve().parents[2]


def test_cores_respect_the_affinity(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {3, 5}, raising=False)
    assert platform.cpu_count() == 2


def test_cores_without_affinity(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: 6)
    assert platform.cpu_count() == 6
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert platform.cpu_count() == 1


def test_arenas_are_limited_where_the_c_library_has_them(monkeypatch):
    assert limit_arenas() == (libc_ver()[0] == "glibc")
    monkeypatch.setattr("wav2lip.utils.platform.platform.libc_ver", lambda: ("", ""))
    assert not limit_arenas()


def test_peak_memory_is_plausible() -> None:
    assert 10e6 < platform.peak_memory() < 100e9


def test_peak_memory_without_proc(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(platform, "STATUS", tmp_path / "none")
    assert 10e6 < platform.peak_memory() < 100e9


def test_peak_memory_is_0_where_nothing_knows_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(platform, "STATUS", tmp_path / "none")
    monkeypatch.setitem(sys.modules, "resource", None)
    monkeypatch.setitem(sys.modules, "psutil", None)
    assert platform.peak_memory() == 0


def test_the_package_imports_without_linux_calls() -> None:
    """As on Windows: neither `os.sched_getaffinity` nor the module `resource`."""
    code = (
        "import os, sys\n"
        "del os.sched_getaffinity\n"
        "sys.modules['resource'] = None\n"
        "import wav2lip.inference.lip_syncer, wav2lip.cli.infer_command\n"
        "import wav2lip.data, wav2lip.callbacks, wav2lip.tasks, wav2lip.cli.preprocess\n"
        "from wav2lip.utils.platform import cpu_count, peak_memory\n"
        "assert cpu_count() >= 1 and peak_memory() >= 0\n"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)


def test_processes_require_shared_memory(monkeypatch):
    require_processes(2, "workers=1")

    def refuse(*_: object):
        raise OSError(38, "Function not implemented")

    monkeypatch.setattr("multiprocessing.synchronize._multiprocessing.SemLock", refuse)
    with pytest.raises(InputError, match=r"require shared memory \(/dev/shm\).*; set workers=1"):
        require_processes(2, "workers=1")
    require_processes(0, "workers=1")
