"""Agreement with the true mouth: of all clips of an evaluation, and of those whose real video is itself in sync.

    python benchmarks/in_sync_truth.py RESULTS/clips.csv

If the sound of a real video is early, late or dubbed, its mouth is not a valid reference for that sound. A clip counts
as in sync if the judge puts the offset of the real video at most one frame from 0. On clips of about a second the judge
is often wrong, so some that are in sync are left out. Prints medians over clips with 95 % bootstrap intervals.
"""

import argparse
import csv
import math
from pathlib import Path

import numpy as np

SYSTEMS = ("generated", "first frame alone")
METRICS = [f"{shape}_{kind}" for kind in ("correlation", "range") for shape in ("opening", "width", "jaw")]  # fmt: skip
RESAMPLES = 2000


def median(values: list[float]) -> str:
    """Return the text of a median with its interval."""
    drawn = np.random.default_rng(0).choice(values, (RESAMPLES, len(values)))
    low, high = np.percentile(np.median(drawn, axis=1), [2.5, 97.5])
    return f"{np.median(values):.2f} ({low:.2f} to {high:.2f}), {len(values)} clips"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("clips", type=Path, help="clips.csv of wav2lip evaluate, with real videos")
    with parser.parse_args().clips.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    real = [row for row in rows if row["system"] == "real"]
    synced = {row["clip"] for row in real if abs(float(row["av_offset"] or math.inf)) <= 1}
    print(f"{len(synced)} of {len(real)} real videos are in sync")
    for system in SYSTEMS:
        print(f"{system:22} {'all':34} in sync")
        for metric in METRICS:
            known = [row for row in rows if row["system"] == system and row[metric]]
            every = [float(row[metric]) for row in known]
            kept = [float(row[metric]) for row in known if row["clip"] in synced]
            print(f"  {metric:20} {median(every):34} {median(kept)}")


if __name__ == "__main__":
    main()
