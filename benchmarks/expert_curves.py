"""Draw validation curves of sync experts over the windows seen, and the learning curve over people.

    python benchmarks/expert_curves.py docs/images/expert_curves.jsonl docs/images/expert_curves.svg

The log has one JSON object a line. Of each run a `start` line gives `run`, `people`, `minutes` of training video and
`windows` per step; `val` and `end` lines give `run`, `step` and `pairwise_5f`: how often a window of 5 frames prefers
its own sound to one 5-15 frames off.
"""

import argparse
import json
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

LABELS = {
    "main": "bundled expert, 0.76 M parameters",
    "big": "2.5 M parameters",
    "published": "published recipe, 16.4 M parameters",
}
COLOURS = {"main": "#1f5fbf", "big": "#7a9fd6", "published": "#c2571a"}
OVER_PEOPLE = ("quarter", "half", "main")  # the same recipe on more and more people
GOAL = 0.9
Entry = dict[str, Any]


def draw(entries: list[Entry]) -> tuple[Figure, float]:
    """Draw both curves.

    Returns:
        The figure, and the people at which the straight line through the learning curve reaches the goal.
    """
    starts = {entry["run"]: entry for entry in entries if entry["kind"] == "start"}
    values = {
        run: [(e["step"], e["pairwise_5f"]) for e in entries if e["run"] == run and "step" in e]
        for run in starts
    }
    figure = Figure(figsize=(9, 3.6), layout="constrained")
    left, right = figure.subplots(1, 2, sharey=True)
    for run, label in LABELS.items():
        steps, shares = zip(*values[run], strict=True)
        seen = np.array(steps) * starts[run]["windows"]
        left.plot(seen, shares, color=COLOURS[run], label=label, marker=".", linewidth=1.2)
    left.set(
        xscale="log",
        xlabel="windows seen",
        ylabel="own sound preferred, 5 frames",
        ylim=(0.5, 0.93),
    )
    people = np.array([starts[run]["people"] for run in OVER_PEOPLE])
    last = np.array([values[run][-1][1] for run in OVER_PEOPLE])
    slope, level = np.polyfit(np.log2(people), last, 1)
    needed = float(2 ** ((GOAL - level) / slope))
    line = np.array([people[0], needed])
    right.plot(line, level + slope * np.log2(line), color="#888", linestyle="--", linewidth=1)
    right.plot(people, last, color=COLOURS["main"], marker="o", linestyle="none")
    for run, x, y in zip(OVER_PEOPLE, people, last, strict=True):
        text = f"{y:.3f}\n{starts[run]['minutes']:.0f} min"
        right.annotate(text, (x, y), (0, -26), textcoords="offset points", ha="center", fontsize=8)
    right.set(
        xscale="log", xticks=[*people, round(needed, -2)], xlabel="people in the training clips"
    )
    right.set_xlim(people[0] * 0.8, needed * 1.25)
    right.xaxis.set_major_formatter("{x:,.0f}")
    right.minorticks_off()
    right.set_title(f"{slope:+.3f} per doubling of the people", fontsize=9)
    for axes in (left, right):
        axes.axhline(GOAL, color="#bbb", linewidth=0.8)
        axes.grid(alpha=0.25)
        axes.spines[["top", "right"]].set_visible(False)
    left.legend(fontsize=8, loc="lower right")
    return figure, needed


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("log", type=Path)
    parser.add_argument("picture", type=Path, help=".svg or .png")
    arguments = parser.parse_args()
    entries = [json.loads(line) for line in arguments.log.read_text().splitlines()]
    mpl.rcParams["svg.hashsalt"] = "expert_curves"  # the same file each time
    mpl.rcParams["svg.fonttype"] = "none"
    figure, needed = draw(entries)
    figure.savefig(arguments.picture, metadata={"Date": None}, facecolor="white")
    print(f"{GOAL} at {needed:,.0f} people, if the line goes on")


if __name__ == "__main__":
    main()
