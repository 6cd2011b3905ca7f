"""Write the card of a sync expert: accuracy, conditions and false certainty on clips of unseen people.

    python benchmarks/expert_card.py CHECKPOINT CLIPS [CLIPS ...] --output card --groups languages.csv

CLIPS are folders of `wav2lip preprocess`. GROUPS is a CSV with the column file (the source video) and further columns,
such as language; each further column is a grouping.
"""

import argparse
import csv
from pathlib import Path

import cv2

from wav2lip.checkpoints.expert import load_expert
from wav2lip.data.datamodule import load_clips
from wav2lip.evaluation.card_tables import make_card
from wav2lip.evaluation.expert_card import card_clips
from wav2lip.evaluation.table_files import write_table_files
from wav2lip.evaluation.table_text import markdown


def read_groups(path: Path | None) -> dict[str, dict[str, str]]:
    """Read source video -> grouping -> group."""
    if path is None:
        return {}
    with path.open(newline="", encoding="utf-8") as file:
        return {row.pop("file"): row for row in csv.DictReader(file)}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("checkpoint")
    parser.add_argument("clips", nargs="+")
    parser.add_argument("--split", default="val")
    parser.add_argument("--groups", type=Path)
    parser.add_argument("--output", type=Path, help="folder for the tables")
    parser.add_argument("--quick", action="store_true", help="accuracy alone")
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    clips = card_clips(load_clips(arguments.clips, arguments.split), read_groups(arguments.groups))
    loaded = load_expert(arguments.checkpoint)
    people = len({item.clip.row.speaker for item in clips})
    print(f"{loaded.path} (sha256 {loaded.sha256[:12]}): {len(clips)} clips of {people} people\n")
    for name, table in make_card(loaded.network, clips, quick=arguments.quick).items():
        print(f"## {name}\n\n{markdown(table)}\n")
        if arguments.output:
            write_table_files(table, arguments.output / name)


if __name__ == "__main__":
    main()
