"""Stop a command at random moments: `python -m tests.kill infer --seed 1 --moments 50`.

A moment fails if the command, run again, does not end as an undisturbed run does, or if a process, a partial file or
a segment of shared memory is left.
"""

import argparse
import sys

from tests.kill.cases import CASES
from tests.kill.moments import try_moments


def main() -> int:
    """Parse, run and report."""
    parser = argparse.ArgumentParser(prog="python -m tests.kill", description=__doc__)
    parser.add_argument("commands", nargs="+", choices=sorted(CASES))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--moments", type=int, default=50)
    args = parser.parse_args()
    failed = False
    for name in args.commands:
        result = try_moments(CASES[name], args.moments, args.seed)
        print(result.table(name), flush=True)
        failed = failed or bool(result.problems)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
