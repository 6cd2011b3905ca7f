"""The table of an evaluation: its columns, rows, header, warnings and notes."""

from typing import Any

import torch

from wav2lip.checkpoints import CHECKPOINTS, build_network
from wav2lip.evaluation.results import GROUPS, METRICS, WEIGHTS, Results
from wav2lip.evaluation.summary import Summary
from wav2lip.evaluation.systems import FROZEN, LATE, REAL, SYSTEMS
from wav2lip.evaluation.table import Column, Row, Table
from wav2lip.metrics.bootstrap import MIN_SPEAKERS
from wav2lip.types import FPS
from wav2lip.utils.revision import code_revision

HASH = 12  # digits of a hash that are shown
NAMED = 3  # clips that a note names
LEFT_OUT = "left_out.csv"
CONTROLS = (LATE, FROZEN)
JUDGED = tuple(name for name in SYSTEMS if name not in (REAL, *CONTROLS))
SHOWN_SETTINGS = ("segments", "scoring", "leak_seconds", "detector", "infer")
LEGEND = (
    "Means over the clips that every row has, with the 95 % bootstrap interval over speakers or, with fewer than "
    f"{MIN_SPEAKERS}, the value of each speaker. AV offset and fine: medians, in frames of 40 ms, positive if the "
    "sound comes early. swapped / source: ratio of the two means, ∞ if that of the source may be 0. Bold: best, and "
    "the interval of the paired difference excludes 0."
)


def parameters(config: dict[str, Any]) -> int:
    """Number of trained parameters of the network of a checkpoint's config."""
    with torch.device("meta"):  # counts without memory or time
        network = build_network(config)
    return sum(parameter.numel() for parameter in network.parameters())


def _flat(settings: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested settings as KEY.KEY -> value."""
    found: dict[str, Any] = {}
    for key, value in settings.items():
        name = f"{prefix}{key}"
        found |= _flat(value, f"{name}.") if isinstance(value, dict) else {name: value}
    return found


def header(results: Results) -> dict[str, str]:
    """What the numbers depend on; unknown entries are left out."""
    settings, generator, judge = results.settings, results.generator, results.judge
    found = {"judge": f"{judge['label']}, sha256 {str(judge.get('sha256', '?'))[:HASH]}"}
    protocol = settings.get("protocol") or settings.get("pairs", {}).get("_target_", "")
    if protocol:
        shown = protocol if isinstance(protocol, str) else ", ".join(map(str, protocol))
        found["protocol"] = shown.rpartition(".")[2]
    if results.revisions:
        found["commit"] = ", ".join(sorted(results.revisions))
    if generator is not None:
        metadata = generator["metadata"]
        found["checkpoint"] = f"{generator['path']}, sha256 {generator['sha256'][:HASH]}"
        found["parameters"] = f"{parameters(generator['config']):,}"
        if "step" in metadata:
            found["training steps"] = str(metadata["step"])
        if "revision" in metadata:
            found["trained by commit"] = str(metadata["revision"])
        if "training_hours" in metadata:
            found["hours of training"] = f"{metadata['training_hours']:.1f}"
    judged = [row for row in results.clips if row.system in JUDGED]
    windows: dict[str, int] = {}  # of a clip, once for all systems
    for row in judged:
        windows[row.clip] = max(windows.get(row.clip, 0), row.sync.windows)
    found["clips"] = str(len(windows))
    found["minutes"] = f"{sum(windows.values()) / FPS / 60:.1f}"
    shown_settings = {key: settings[key] for key in SHOWN_SETTINGS if key in settings}
    values = {k: v for k, v in _flat(shown_settings).items() if not k.endswith("_target_")}
    if values:
        found["settings"] = " ".join(f"{key}={value}" for key, value in values.items())
    return found


def published_note(results: Results) -> str:
    """What arXiv 2511.08613, tab. 6, states for the released checkpoint by the released judge; "" for any other."""
    generator, judge = results.generator, results.judge
    released = CHECKPOINTS["wav2lip"].sha256, CHECKPOINTS["syncnet_v2"].sha256
    if generator is None or (generator["sha256"], judge.get("sha256")) != released:
        return ""
    if not any("lse_c_silent" in row.values for row in results.clips):
        return ""
    return (
        "arXiv 2511.08613, tab. 6, states for this checkpoint on LRS2: LSE-C silent 3.64, LSE-D silent 8.15, "
        "LSD-CR 0.56, LSD-AR 0.22"
    )


def result_table(results: Results, summary: Summary) -> Table:
    """Build the table of an evaluation."""
    columns = [
        Column(key, metric.heading, metric.digits, metric.better, title)
        for title, metrics in GROUPS.items()
        for key, metric in metrics.items()
    ]
    rows = [
        Row(
            system,
            cells,
            summary.differences.get(system, {}),
            control=system in CONTROLS,
        )
        for system, cells in summary.means.items()
    ]
    notes = [LEGEND]
    for clips, names in summary.metrics_without().items():
        headings = ", ".join(METRICS[name].heading for name in names)
        named = ", ".join(clips[:NAMED]) + (", …" if len(clips) > NAMED else "")
        count = f"{len(clips)} clips" if len(clips) > 1 else "1 clip"
        notes.append(f"left out of {headings}: {count} without a value in some row ({named})")
    if summary.left_out:
        notes.append(f"{LEFT_OUT} lists all that is left out")
    published = published_note(results)
    notes += [published] if published else []
    missing = [
        f"{METRICS[metric].heading} ({setting})"
        for metric, setting in WEIGHTS.items()
        if setting in results.settings and results.settings[setting] is None
    ]
    if missing:
        notes.append(f"left out, as no weights file is given: {', '.join(missing)}")
    return Table(
        tuple(columns),
        tuple(rows),
        REAL if REAL in summary.means else "",
        header(results),
        tuple(all_warnings(results)),
        tuple(notes),
    )


def all_warnings(results: Results) -> list[str]:
    """Warnings of the results, and one if more than one revision of the code scored them."""
    found = list(results.warnings)
    revisions = sorted(
        results.revisions | {code_revision()} if results.resumed else results.revisions
    )
    if len(revisions) > 1:
        found.append(
            f"scores come from different revisions of the code ({', '.join(revisions)}); "
            "score all clips again with one"
        )
    changed = [name for name in revisions if "+changes" in name]
    if changed:
        found.append(f"the code had changes that no commit holds ({changed[0]}); commit them first")
    return found
