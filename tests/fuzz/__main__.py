"""Run hostile inputs through the real commands: `python -m tests.fuzz --count 2000 --seed 1`.

Exits with 1 if a case shows a traceback, a crash, a hang over 30 s, an output or temporary file after a failure, a
changed input, or memory over the bound. `--only NUMBER` repeats one case; `--keep FOLDER` keeps its files.
"""

import argparse
import shlex
import shutil
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

from tests.fuzz.cases import each_kind
from tests.fuzz.pool import run_cases
from wav2lip.utils.text import printable


def _report(results: list[dict[str, Any]], seed: int) -> None:
    tried = Counter(r["kind"] for r in results)
    failed = Counter(r["kind"] for r in results if r["problems"])
    print(f"\n{'kind':<12}{'tried':>7}{'held':>7}{'failed':>7}")
    for kind, count in sorted(tried.items()):
        print(f"{kind:<12}{count:>7}{count - failed[kind]:>7}{failed[kind]:>7}")
    print(f"{'all':<12}{len(results):>7}{len(results) - failed.total():>7}{failed.total():>7}")
    accepted = sum(result.get("code") == 0 for result in results)
    print(f"{accepted} inputs were accepted (exit code 0)")
    classes: dict[str, list[dict[str, Any]]] = {}
    for result in results:
        for problem in result["problems"]:
            key = f"{result['command']} ({result['kind']}): {problem}"
            classes.setdefault(key, []).append(result)
    for key, examples in sorted(classes.items(), key=lambda item: -len(item[1])):
        first = min(examples, key=lambda r: r["index"])
        print(f"\n{len(examples)} x {key}")
        words = shlex.join(
            word if len(word) < 200 else f"{word[:200]}..." for word in first["words"]
        )
        words = printable(words)
        print(f"    --seed {seed} --only {first['index']}: {first['command']} {words}")


def main() -> int:
    """Parse, run and report."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--start", type=int, default=0, help="number of the first case")
    parser.add_argument("--each", type=int, help="so many cases of every kind, instead of --count")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--only", type=int, help="number of a single case")
    parser.add_argument("--keep", type=Path, help="folder for the files of cases with problems")
    args = parser.parse_args()
    indices = list(range(args.start, args.start + args.count)) if args.only is None else [args.only]
    if args.each:
        indices = each_kind(args.seed, args.each)
    scratch = Path(tempfile.mkdtemp(prefix="wav2lip-fuzz-"))
    results: list[dict[str, Any]] = []
    try:
        workers = min(args.workers, len(indices))
        if workers > 1:  # a single worker makes it, which saves importing everything twice
            from tests.fuzz.corpus import make_corpus

            make_corpus(scratch / "base")
        running = run_cases(scratch / "base", scratch, args.seed, indices, workers, args.keep)
        for result in running:
            results.append(result)
            if result["problems"]:
                print(f"{result['index']}: {result['command']}: {result['problems']}", flush=True)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    _report(results, args.seed)
    return int(any(result["problems"] for result in results))


if __name__ == "__main__":
    sys.exit(main())
