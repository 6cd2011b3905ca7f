"""Stop a command at random moments, run it again, and compare with a run that nobody disturbed."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.kill.leftovers import SHM, exceptions, is_probe, orphans, partials, session

ROOT = Path(__file__).resolve().parents[2]
SERVER = Path(__file__).with_name("server.py")
SIGNALS = (*(signal.SIGKILL,) * 5, signal.SIGINT, signal.SIGTERM, signal.SIGHUP)  # by their share
TWICE = 0.2  # share of the moments after which the second run is killed, too
PATIENCE = 20.0  # seconds until the children of a killed process must have ended
HANG = 240.0  # seconds
FEW = 5  # problems of a moment that are listed
SHOWN = 120  # characters of a value
SEEN = 0.02  # seconds between two looks
Files = dict[str, Any]  # content by name, as far as two runs must agree


@dataclass(frozen=True)
class Case:
    """A command under test.

    Attributes:
        name: of the command.
        modules: what its process has imported before the clock starts.
        make: writes the inputs to a folder.
        variants: words of the command, given the folder of the inputs; each moment draws one.
        read: what two runs in a folder must agree on.
        locked: folder that is locked while the command works.
    """

    name: str
    modules: tuple[str, ...]
    make: Callable[[Path], None]
    variants: Callable[[Path], list[list[str]]]
    read: Callable[[Path], Files]
    locked: str | None = None


@dataclass
class Result:
    """Counts by signal."""

    tried: Counter[str] = field(default_factory=Counter)
    finished: Counter[str] = field(default_factory=Counter)  # before the signal arrived
    failed: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)  # of each variant
    locks: int = 0  # moments at which the lock of the output was seen

    def table(self, name: str) -> str:
        """Return the counts as text."""
        lines = [f"{name:<12}{'tried':>7}{'held':>7}{'failed':>8}{'ended before':>14}"]
        rows = [*sorted(self.tried | self.finished), "all"]
        for row in rows:
            tried, failed, finished = (
                counts.total() if row == "all" else counts[row]
                for counts in (self.tried, self.failed, self.finished)
            )
            lines.append(f"{row:<12}{tried:>7}{tried - failed:>7}{failed:>8}{finished:>14}")
        times = ", ".join(f"{seconds:.1f}" for seconds in self.seconds)
        lines.append(f"a run takes {times} s; {self.locks} locks seen")
        return "\n".join([*lines, *self.problems])


class _Server:
    """The process whose forks run the command."""

    def __init__(self, case: Case) -> None:
        self.process = subprocess.Popen(
            [sys.executable, str(SERVER), *case.modules],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | {"OMP_NUM_THREADS": "1", "MPLBACKEND": "Agg", "PYTHONPATH": str(ROOT)},
        )
        assert self._line() == {}

    def _line(self) -> Any:
        assert self.process.stdout is not None
        return json.loads(self.process.stdout.readline())

    def start(self, **request: Any) -> int:
        """Start a run and return its process id."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        return int(self._line())

    def wait(self) -> int:
        """Return the exit code of the run."""
        return int(self._line())

    def close(self) -> None:
        """End it."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait()


class _Moments:
    """The runs of one case."""

    def __init__(self, case: Case, scratch: Path, temporary: Path, seed: int) -> None:
        self.case, self.scratch, self.temporary = case, scratch, temporary
        self.random = random.Random(f"{case.name} {seed}")
        self.inputs = scratch / "inputs"
        self.inputs.mkdir()
        case.make(self.inputs)
        self.variants = case.variants(self.inputs)
        self.server = _Server(case)
        self.wanted: list[Files] = []
        self.seconds: list[float] = []
        for words in self.variants:
            times = []
            for _ in range(2):  # the first one fills the caches of the disk
                folder = self._folder()
                began = time.monotonic()
                pid = self._start(words, folder)
                code = self.server.wait()
                times.append(time.monotonic() - began)
                assert code == 0, self.log.read_text()
                left = [
                    *self._left(pid, set(map(str, SHM.glob("*")))),
                    *partials(folder, temporary),
                ]
                assert left == [], left
                files = case.read(folder)
            self.wanted.append(files)
            self.seconds.append(min(times))

    @property
    def log(self) -> Path:
        """What the command has printed."""
        return self.scratch / "log"

    def said(self) -> str:
        """Return the last line that the command has printed."""
        return (self.log.read_text().splitlines() or [""])[-1]

    def _folder(self) -> Path:
        folder = self.scratch / "run"
        for path in (folder, self.temporary):
            shutil.rmtree(path, ignore_errors=True)
            path.mkdir()
        return folder

    def _start(self, words: list[str], folder: Path) -> int:
        self.log.unlink(missing_ok=True)
        environment = {"TMPDIR": str(self.temporary), "WAV2LIP_CACHE": str(folder / "cache")}
        return self.server.start(
            words=[self.case.name, *words],
            folder=str(folder),
            log=str(self.log),
            environment=environment,
        )

    def _stop(self, pid: int, number: signal.Signals, moment: float) -> bool:
        """Send the signal at the moment; return whether the lock was seen before."""
        lock = self.scratch / "run" / (self.case.locked or "") / ".lock"
        end, seen = time.monotonic() + moment, False
        while (left := end - time.monotonic()) > 0:
            time.sleep(min(left, SEEN))
            seen = seen or (self.case.locked is not None and lock.is_file())
        with suppress(ProcessLookupError):
            # Ctrl-C reaches every process of the terminal.
            (os.killpg if number == signal.SIGINT else os.kill)(pid, number)
        return seen

    def _left(self, pid: int, shm: set[str], sent: signal.Signals | None = None) -> Iterator[str]:
        """Yield what a process, stopped by the signal `sent`, has left behind."""
        end = time.monotonic() + PATIENCE
        while (left := session(pid)) and time.monotonic() < end:
            time.sleep(0.05)
        for process in left:
            name = Path(f"/proc/{process}/cmdline").read_bytes().replace(b"\0", b" ").decode()
            yield f"process {name} was left"
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        yield from (f"shared memory {name} was left" for name in orphans(shm))
        for raised in exceptions(self.log.read_text(), sent == signal.SIGKILL):
            yield f"traceback, {raised[:SHOWN]}: {self.said()}"

    def _compare(self, folder: Path, wanted: Files) -> Iterator[str]:
        found = self.case.read(folder)
        for name in sorted(found.keys() | wanted.keys()):
            if name not in found:
                yield f"{name} is missing"
            elif name not in wanted:
                yield f"{name} is new"
            elif found[name] != wanted[name]:
                a, b = (str(files[name])[:SHOWN] for files in (found, wanted))
                yield f"{name} differs: {a} and not {b}" if a != b else f"{name} differs"

    def _complete(self, folder: Path, wanted: Files) -> bool:
        """Tell whether the command has nothing left to do."""
        try:
            return not list(self._compare(folder, wanted))
        except (OSError, KeyError, ValueError):  # the results are not there yet
            return False

    def _check(
        self, result: Result, words: list[str], moment: float, number: signal.Signals
    ) -> bool:
        """Stop one run at a moment, run it again, and note the problems; False: it had ended before."""
        variant = self.variants.index(words)
        folder, shm = self._folder(), {str(path) for path in SHM.glob("*")}
        problems: list[str] = []
        kills = [(number, moment)]
        if self.random.random() < TWICE:
            kills.append((signal.SIGKILL, self.random.uniform(0, self.seconds[variant])))
        for round_, (sent, after) in enumerate(kills):
            pid = self._start(words, folder)
            result.locks += self._stop(pid, sent, after)
            code = self.server.wait()
            problems += self._left(pid, shm, sent)
            # Once all is done, the command leaves the signal to the system.
            late = sent != signal.SIGKILL and code == -sent
            late = late and self._complete(folder, self.wanted[variant])
            if code == 0 or late:
                if not round_:
                    return False
                break
            if code not in (-sent, 128 + sent) or (code < 0) != (sent == signal.SIGKILL):
                problems.append(f"exit code {code}: {self.said()}")
            if sent != signal.SIGKILL:
                problems += [f"{name} was left" for name in partials(folder, self.temporary)]
        pid = self._start(words, folder)
        code = self.server.wait()
        if code:
            problems.append(f"the next run ended with {code}: {self.said()}")
        problems += self._left(pid, shm)
        problems += [f"{name} stayed" for name in partials(folder, self.temporary)]
        killed = signal.SIGKILL in [sent for sent, _ in kills]
        problems += [
            f"{path} stayed"
            for path in self.temporary.rglob("*")
            if path.is_file() and not (killed and is_probe(path))
        ]
        problems += self._compare(folder, self.wanted[variant])
        result.tried[number.name] += 1
        result.failed[number.name] += bool(problems)
        what = (
            f"{number.name} after {moment:.3f} of {self.seconds[variant]:.3f} s, variant {variant}"
        )
        result.problems += [f"{what}: {problem}" for problem in problems[:FEW]]
        return True

    def run(self, moments: int) -> Result:
        """Try `moments` moments, spread over the run at random."""
        result = Result(seconds=self.seconds)
        for _ in range(2 * moments):
            if result.tried.total() == moments:
                break
            variant = self.random.randrange(len(self.variants))
            number = self.random.choice(SIGNALS)
            moment = self.random.uniform(0, self.seconds[variant])
            if not self._check(result, self.variants[variant], moment, number):
                result.finished[number.name] += 1
        return result


def try_moments(case: Case, moments: int = 50, seed: int = 1) -> Result:
    """Stop a command at random moments.

    Temporary files are on another file system than the results (/dev/shm), if there is one.

    Args:
        case: the command.
        moments: how many.
        seed: of the moments.
    """
    place = SHM if SHM.is_dir() and os.access(SHM, os.W_OK) else None
    scratch = Path(tempfile.mkdtemp(prefix="wav2lip-kill-"))
    temporary = Path(tempfile.mkdtemp(prefix="wav2lip-kill-", dir=place))
    runs: _Moments | None = None
    try:
        runs = _Moments(case, scratch, temporary, seed)
        return runs.run(moments)
    finally:
        if runs is not None:
            runs.server.close()
        for folder in (scratch, temporary):
            shutil.rmtree(folder, ignore_errors=True)
