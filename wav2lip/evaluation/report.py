"""Results as files: JSON with everything, CSV with one row per clip, CSV with one row per mean."""

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from wav2lip.evaluation.results import METRICS, Results
from wav2lip.evaluation.summary import DIFFERENCE, Summary
from wav2lip.metrics.bootstrap import Interval
from wav2lip.metrics.lse import AV_OFFSETS
from wav2lip.utils.files import write_atomically, write_table


def _plain(value: Any) -> Any:
    """Replace NaN and infinity, which JSON does not have, by None."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value


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
            "remarks": row.remarks,
        }
        for row in results.clips
    ]
    whole = {
        "judge": results.judge,
        "generator": results.generator,
        "settings": results.settings,
        "warnings": results.warnings,
        "av_offsets": AV_OFFSETS.tolist(),
        "summary": means,
        "left_out": summary.left_out,
        "differences": {
            metric: difference.interval._asdict() | {"p": difference.p}
            for metric, difference in summary.differences.items()
        },
        "clips": clips,
        "skipped": [asdict(item) for item in results.skipped],
    }
    plain: dict[str, Any] = _plain(whole)
    return plain


def _number(value: float) -> str:
    return "" if math.isnan(value) else f"{value:.6g}"


def _write_csv(path: Path, head: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    write_table(path, [head, *rows], "\n")


def _summary_row(system: str, metric: str, interval: Interval, p: str, judge: str) -> list[object]:
    numbers = [_number(value) for value in interval[:3]]
    return [system, metric, *numbers, interval.clips, interval.missing, interval.speakers, p, judge]


def write_results(results: Results, summary: Summary, folder: Path) -> None:
    """Write results.json, clips.csv, summary.csv and skipped.csv.

    Raises:
        InputError: the folder cannot be written.
    """
    text = json.dumps(as_json(results, summary), indent=1, ensure_ascii=False, allow_nan=False)
    write_atomically(folder / "results.json", f"{text}\n".encode("utf-8", "backslashreplace"))
    _write_csv(
        folder / "clips.csv",
        ["clip", "system", "speaker", "judge", *METRICS, "remarks"],
        [
            [
                row.clip,
                row.system,
                row.speaker,
                results.judge["label"],
                *(_number(row.values.get(metric, math.nan)) for metric in METRICS),
                "; ".join(row.remarks),
            ]
            for row in results.clips
        ],
    )
    judge = results.judge["label"]
    rows = [
        _summary_row(system, metric, interval, "", judge)
        for system, metrics in summary.means.items()
        for metric, interval in metrics.items()
    ]
    rows += [
        _summary_row(DIFFERENCE, metric, difference.interval, _number(difference.p), judge)
        for metric, difference in summary.differences.items()
    ]
    head = ["system", "metric", "mean", "low", "high", "clips", "missing", "speakers", "p", "judge"]
    _write_csv(folder / "summary.csv", head, rows)
    _write_csv(
        folder / "skipped.csv",
        ["clip", "what", "reason"],
        [[item.clip, item.what, item.reason] for item in results.skipped],
    )
