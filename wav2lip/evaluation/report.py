"""Results as files: JSON with everything, CSV with one row per clip, the table of means in every format."""

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from wav2lip.evaluation.result_table import LEFT_OUT, all_warnings
from wav2lip.evaluation.results import METRICS, MouthSeries, Results
from wav2lip.evaluation.summary import Summary
from wav2lip.evaluation.table import Table
from wav2lip.evaluation.table_files import csv_number, plain, write_table_files
from wav2lip.metrics.lse import AV_OFFSETS
from wav2lip.utils.files import write_atomically, write_table


def as_json(results: Results, summary: Summary) -> dict[str, Any]:
    """Convert results to plain data.

    Entry k of a clip's `distances` is the mean distance at the av_offset `av_offsets[k]`.
    """
    means = {
        system: {metric: interval._asdict() for metric, interval in metrics.items()}
        for system, metrics in summary.means.items()
    }
    clips = [
        {
            "clip": row.clip,
            "system": row.system,
            "speaker": row.speaker,
            "values": row.values,
            "windows": row.sync.windows,
            "distances": row.sync.distances.tolist(),
            "curve": {key: value.tolist() for key, value in row.sync.curve._asdict().items()},
            "mouth": None if row.mouth is None else _mouth(row.mouth),
            "remarks": row.remarks,
        }
        for row in results.clips
    ]
    whole = {
        "judge": results.judge,
        "generator": results.generator,
        "settings": results.settings,
        "revisions": sorted(results.revisions),
        "warnings": all_warnings(results),
        "av_offsets": AV_OFFSETS.tolist(),
        "summary": means,
        "left_out": summary.left_out,
        "differences": {
            system: {
                metric: difference.interval._asdict() | {"p": difference.p}
                for metric, difference in differences.items()
            }
            for system, differences in summary.differences.items()
        },
        "clips": clips,
        "skipped": [asdict(item) for item in results.skipped],
    }
    data: dict[str, Any] = plain(whole)
    return data


def _mouth(mouth: MouthSeries) -> dict[str, Any]:
    return {"first_frame": mouth.first, "mar": mouth.mar.tolist(), "level": mouth.level.tolist()}


def _write_csv(path: Path, head: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    write_table(path, [head, *rows], "\n")


def write_results(results: Results, summary: Summary, table: Table, folder: Path) -> None:
    """Write results.json, clips.csv, skipped.csv, left_out.csv, and the table as summary.csv, .md, .tex and .json.

    Raises:
        InputError: the folder cannot be written.
    """
    text = json.dumps(as_json(results, summary), indent=1, ensure_ascii=False, allow_nan=False)
    write_atomically(folder / "results.json", f"{text}\n".encode("utf-8", "backslashreplace"))
    _write_csv(
        folder / "clips.csv",
        ["clip", "system", "speaker", "judge", *METRICS, "remarks", "warnings"],
        [
            [
                row.clip,
                row.system,
                row.speaker,
                results.judge["label"],
                *(csv_number(row.values.get(metric, math.nan)) for metric in METRICS),
                "; ".join(row.remarks),
                "; ".join(table.warnings),
            ]
            for row in results.clips
        ],
    )
    write_table_files(table, folder / "summary")
    _write_csv(
        folder / "skipped.csv",
        ["clip", "what", "reason"],
        [[item.clip, item.what, item.reason] for item in results.skipped],
    )
    _write_csv(
        folder / LEFT_OUT,
        ["metric", "clip"],
        [[metric, clip] for metric, clips in summary.left_out.items() for clip in clips],
    )
