"""A process that runs cases one after another: `python -m tests.fuzz.worker BASE SCRATCH SEED`.

Reads the number of a case per line of stdin and writes one JSON line about it.
"""

import importlib
import json
import os
import re
import shutil
import sys
import tempfile
import time
import traceback
from pathlib import Path
from typing import Any

from tests.fuzz.cases import Case, make_case

ROOT = Path(__file__).resolve().parents[2]
BAD_LINES = ("Traceback (most recent", "Exception ignored in", "--- Logging error ---")
TEMPORARY = re.compile(r"\.(part|tmp)\b|^\.")


def _snapshot(folder: Path) -> dict[str, tuple[int, int]]:
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            status = path.stat()
            found[str(path.relative_to(folder))] = status.st_size, status.st_mtime_ns
    return found


def _place(error: BaseException) -> str:
    """Return the innermost line of the package that an error came through."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [f for f in frames if f"{ROOT}/wav2lip" in f.filename] or list(frames)
    name = Path(ours[-1].filename)
    return f"{name.relative_to(ROOT) if name.is_relative_to(ROOT) else name.name}:{ours[-1].name}"


def _call(case: Case) -> tuple[int, str]:
    """Run a command in this process; return its exit code and the place of a bug."""
    from hydra.core.global_hydra import GlobalHydra

    from wav2lip.cli.main import main

    GlobalHydra.instance().clear()
    sys.argv = ["wav2lip", case.command, *case.words]
    try:
        main()
    except SystemExit as exit_:
        code = exit_.code
        return (code if isinstance(code, int) else int(code is not None)), ""
    except BaseException as error:  # noqa: BLE001 - whatever it is, it is the finding
        traceback.print_exc()
        return 1, f"{type(error).__name__} at {_place(error)}"
    return 0, ""


def _problems(case: Case, folder: Path, code: int, bug: str, before: Any) -> list[str]:
    text = (folder / "stdout").read_text(errors="replace")
    text += (folder / "stderr").read_text(errors="replace")
    found = [bug] if bug else []
    found += [f"printed {bad!r}" for bad in BAD_LINES if bad in text and not bug]
    if code not in case.codes and not bug:
        found.append(f"exit code {code}")
    lines = text.strip().splitlines() or [""]
    if code == 2 and not any(line.startswith("error: ") for line in lines[-3:]):
        found.append("exit code 2 without an error line")
    left = sorted(
        str(p.relative_to(folder / "out")) for p in (folder / "out").rglob("*") if p.is_file()
    )
    found += [f"temporary file left: {n}" for n in left if TEMPORARY.search(Path(n).name)][:1]
    if code not in (0, 3) and not any(name == "**/*" for name in case.leaves):
        extra = [n for n in left if not any(Path(n).match(p) for p in case.leaves)]
        found += ["output left after a failure" for _ in extra[:1]]
    if _snapshot(folder / "in") != before:
        found.append("an input was changed")
    names = sorted(path.name for path in Path(tempfile.gettempdir()).iterdir())
    found += [f"left in TMPDIR: {n}" for n in names if not n.startswith("torchinductor_")][:1]
    return found


def _run(base: Path, folder: Path, seed: int, index: int) -> dict[str, Any]:
    shutil.rmtree(folder, ignore_errors=True)
    for path in Path(tempfile.gettempdir()).iterdir():  # of the imports, or of the case before
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    kind, case = make_case(base, folder, seed, index)
    before = _snapshot(folder / "in")
    os.chdir(folder)
    streams = [os.open(folder / name, os.O_WRONLY | os.O_CREAT) for name in ("stdout", "stderr")]
    sys.stdout.flush()
    sys.stderr.flush()
    kept = [os.dup(1), os.dup(2)]
    for number, stream in enumerate(streams, 1):
        os.dup2(stream, number)
    started = time.monotonic()
    try:
        code, bug = _call(case)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        for number, (old, stream) in enumerate(zip(kept, streams, strict=True), 1):
            os.dup2(old, number)
            os.close(old)
            os.close(stream)
        os.chdir(ROOT)
    seconds = time.monotonic() - started
    problems = _problems(case, folder, code, bug, before)
    return {"kind": kind, "command": case.command, "words": case.words, "code": code} | {
        "seconds": round(seconds, 2),
        "problems": problems,
    }


def main() -> None:
    """Import everything, say so, and run what is asked for."""
    base, scratch, seed = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
    replies = os.fdopen(os.dup(1), "w")
    for name in (
        "infer_command",
        "preprocess",
        "train",
        "evaluate",
        "audit",
        "ablations",
        "personalize",
        "live_command",
        "serve_command",
    ):
        importlib.import_module(f"wav2lip.cli.{name}")
    for name in ("checkpoints.export", "personalization.material", "personalization.tuning"):
        importlib.import_module(f"wav2lip.{name}")
    if not base.exists():
        from tests.fuzz.corpus import make_corpus

        make_corpus(base)
    print("{}", file=replies, flush=True)
    for line in sys.stdin:
        case = _run(base, scratch / "case", seed, int(line))
        print(json.dumps(case), file=replies, flush=True)


if __name__ == "__main__":
    main()
