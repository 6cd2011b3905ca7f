"""Collect the runs below a folder into table.csv, .md, .tex and .json: means over seeds, with the value of each seed.

Runs of different kinds, such as generators and sync experts, get a table each, named after what they are compared with
(table_full, table_expert).

wav2lip ablations runs/ablation
wav2lip ablations runs/ablation --metric val/lower_l1 val/sync --output tables
wav2lip ablations runs/ablation --evaluate input=CLIPS 'protocol=[reconstruction,still,leak]'
"""

import argparse
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from wav2lip.cli.exit import exit_on_input_error
from wav2lip.cli.parser import OneLineParser, file_name
from wav2lip.errors import InputError
from wav2lip.utils.outputs import check_outputs
from wav2lip.utils.signals import ending_at_once

if TYPE_CHECKING:
    from wav2lip.evaluation.table import Table  # imports torch


def build_parser() -> OneLineParser:
    """Build the parser of `wav2lip ablations`. It raises InputError."""
    parser = OneLineParser(
        prog="wav2lip ablations",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("runs", metavar="RUNS", type=file_name, help="folder of runs, at any depth")
    parser.add_argument(
        "--metric",
        metavar="NAME",
        nargs="+",
        help="columns of the table (default: the main validation metrics that the runs have logged)",
    )
    parser.add_argument(
        "--choose",
        metavar="NAME",
        default="val/loss",
        help="the validation with the lowest value of this metric counts (default: %(default)s)",
    )
    parser.add_argument(
        "--output", metavar="FOLDER", type=file_name, help="of the tables (default: RUNS)"
    )
    parser.add_argument(
        "--evaluate",
        metavar="KEY=VALUE",
        nargs="+",
        help="evaluate every run's best checkpoint with these settings of `wav2lip evaluate`; their results are in the "
        "folder evaluation of each run, and are used again",
    )
    return parser


def evaluate_checkpoint(settings: Sequence[str], checkpoint: Path, output: Path) -> "Table":
    """Evaluate a checkpoint into a folder.

    Args:
        settings: overrides of the config `evaluate`.
        checkpoint: of a generator.
        output: folder of the results.

    Raises:
        InputError: a setting does not fit, or nothing could be scored.
    """
    from hydra import compose, initialize_config_module
    from hydra.errors import HydraException
    from omegaconf.errors import OmegaConfBaseException

    from wav2lip.cli.config_errors import as_input_error, require_complete
    from wav2lip.cli.evaluate import evaluate
    from wav2lip.utils.locks import locked_folder

    print(f"{checkpoint}:")
    try:
        with initialize_config_module("wav2lip.configs", version_base="1.3"):
            cfg = compose("evaluate", list(settings))
        cfg.checkpoint, cfg.output = str(checkpoint), str(output)
        require_complete(cfg)
        with locked_folder(output):
            return evaluate(cfg)
    except (HydraException, OmegaConfBaseException) as error:
        raise as_input_error(error) from error


@exit_on_input_error
def main() -> None:
    """Parse, collect the runs, write and print the table."""
    args = build_parser().parse(sys.argv[1:])
    if not args.runs.is_dir():
        raise InputError(f"{args.runs}: no such folder")
    # Imported late: torch takes seconds to load, a wrong argument is reported at once.
    with ending_at_once():
        from wav2lip.evaluation.ablation_table import tabulate
        from wav2lip.evaluation.ablations import (
            CONFIG,
            CURVES,
            GENERATORS,
            METRICS,
            Run,
            check_metrics,
            collect,
            find_runs,
            find_unfinished,
        )
        from wav2lip.evaluation.run_scores import Scored, evaluate_runs
        from wav2lip.evaluation.table_files import SUFFIXES, write_table_files
        from wav2lip.evaluation.table_text import markdown

    folders = find_runs(args.runs)
    check_metrics(folders, [*(args.metric or []), args.choose])
    metrics, output = args.metric or METRICS, args.output or args.runs
    families: dict[str, list[Run]] = {}
    for run in collect(args.runs, args.choose, metrics):
        families.setdefault(run.baseline, []).append(run)
    stems = {
        baseline: output / ("table" if len(families) == 1 else f"table_{baseline}")
        for baseline in families
    }
    files = [stem.with_suffix(suffix) for stem in stems.values() for suffix in SUFFIXES]
    read = [("run's file", folder / name) for folder in folders for name in (CURVES, CONFIG)]
    check_outputs([("output", file) for file in files], read)
    if args.evaluate and not GENERATORS & families.keys():
        raise InputError(f"{args.runs}: no run has trained a generator; leave --evaluate out")
    for baseline, own in families.items():
        scored = Scored(own, [], {}, [])
        if args.evaluate and baseline in GENERATORS:
            scored = evaluate_runs(own, partial(evaluate_checkpoint, args.evaluate))
        table = tabulate(
            scored.runs,
            [*metrics, *scored.names],
            args.choose,
            find_unfinished(args.runs, args.choose, baseline),
            scored.header,
            scored.warnings,
        )
        write_table_files(table, stems[baseline])
        print(markdown(table))
    print(", ".join(map(str, files)))
