"""Results as files: JSON with everything, CSV for tables, one row a clip and one a mean."""

import csv
import io
import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from wav2lip.evaluation.results import METRICS, Results, summarise
from wav2lip.types import MAX_SHIFT
from wav2lip.utils.files import write_atomically


def _plain(value: Any) -> Any:
    """NaN and infinity, which JSON does not know, as null."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value


def as_json(results: Results) -> dict[str, Any]:
    """Everything, as plain data."""
    summary = {
        system: {metric: interval._asdict() for metric, interval in metrics.items()}
        for system, metrics in summarise(results).items()
    }
    clips = [
        {
            "clip": row.clip,
            "system": row.system,
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
        "shifts": list(range(-MAX_SHIFT, MAX_SHIFT + 1)),
        "summary": summary,
        "clips": clips,
        "skipped": [asdict(item) for item in results.skipped],
    }
    plain: dict[str, Any] = _plain(whole)
    return plain


def _number(value: float) -> str:
    return "" if math.isnan(value) else f"{value:.6g}"


def _write_csv(path: Path, head: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(head)
    writer.writerows(rows)
    write_atomically(path, text.getvalue().encode())


def write_results(results: Results, folder: Path) -> None:
    """Write results.json, clips.csv, summary.csv and skipped.csv. Raises InputError."""
    text = json.dumps(as_json(results), indent=1, ensure_ascii=False, allow_nan=False)
    write_atomically(folder / "results.json", f"{text}\n".encode())
    _write_csv(
        folder / "clips.csv",
        ["clip", "system", "judge", *METRICS, "remarks"],
        [
            [
                row.clip,
                row.system,
                results.judge["label"],
                *(_number(row.values.get(metric, math.nan)) for metric in METRICS),
                "; ".join(row.remarks),
            ]
            for row in results.clips
        ],
    )
    _write_csv(
        folder / "summary.csv",
        ["system", "metric", "mean", "low", "high", "clips", "missing", "judge"],
        [
            [
                system,
                metric,
                *(_number(value) for value in interval[:3]),
                interval.clips,
                interval.missing,
                results.judge["label"],
            ]
            for system, metrics in summarise(results).items()
            for metric, interval in metrics.items()
        ],
    )
    _write_csv(
        folder / "skipped.csv",
        ["clip", "what", "reason"],
        [[item.clip, item.what, item.reason] for item in results.skipped],
    )
