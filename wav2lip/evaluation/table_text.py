"""Tables as Markdown and LaTeX."""

import math
from collections.abc import Callable

from wav2lip.evaluation.table import Column, Row, Table, number, span, uncertainty

_LATEX = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "&": r"\&",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "_": r"\_",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    "↓": r"$\downarrow$",
    "↑": r"$\uparrow$",
    "→": r"$\rightarrow$",
    "≤": r"$\leq$",
    "∞": r"$\infty$",
    "−": "$-$",
    "–": "--",
    "σ": r"$\sigma$",
    "…": r"\dots{}",
    "·": r"$\cdot$",
}


def _escape_markdown(text: str) -> str:
    line = " ".join(text.split())
    return "".join(f"\\{c}" if c in "\\`*_[]<>|#" else c for c in line)


def _escape_latex(text: str) -> str:
    return "".join(_LATEX.get(c, c) for c in " ".join(text.split()))


def _facts(table: Table, columns: tuple[Column, ...]) -> tuple[list[str], list[list[str]]]:
    """Headings and cells left of the means: name, facts, and the numbers of samples and clusters."""
    keys = list(dict.fromkeys(key for row in table.rows for key in row.facts))
    heads = [table.rows_are, *keys, table.samples_are]
    heads += [table.clusters_are] if table.clusters_are else []
    body = []
    for row in table.rows:
        cells_of_row = [row.cells[c.key] for c in columns if c.key in row.cells]
        present = [interval for interval in cells_of_row if interval.clips]
        cells = [row.name, *(row.facts.get(key, "") for key in keys)]
        cells.append(span(interval.clips for interval in present))
        if table.clusters_are:
            cells.append(span(interval.speakers for interval in present))
        body.append(cells)
    return heads, body


def _mean(row: Row, column: Column) -> list[str]:
    """Mean and interval; nothing without a value."""
    interval = row.cells.get(column.key)
    if interval is None or (not interval.clips and math.isnan(interval.mean)):
        return []
    return [number(interval.mean, column.digits), uncertainty(interval, column.digits)]


def _difference(row: Row, column: Column) -> list[str]:
    """Difference, interval and p; nothing without a value."""
    difference = row.differences.get(column.key)
    if difference is None:
        return []
    interval = difference.interval
    parts = [number(interval.mean, column.digits), uncertainty(interval, column.digits)]
    return [*parts, f"p = {difference.p:.2g}"]


def _blocks(
    table: Table,
    bold: Callable[[str], str],
    escape: Callable[[str], str],
    join: Callable[[list[str]], str],
) -> list[tuple[str, int, list[str], list[list[str]]]]:
    """Title, number of columns left of the means, headings and rows of each part of the table, escaped.

    Rows without any value are left out. `join` puts the parts of a cell together.
    """

    def cell(parts: list[str], best: bool = False) -> str:
        escaped = [escape(part) for part in parts if part]
        if best:
            escaped[0] = bold(escaped[0])
        return join(escaped)

    blocks = []
    for title, columns in table.groups().items():
        heads, names = _facts(table, columns)
        left_columns = len(heads)
        heads = [escape(head) for head in heads]
        heads += [escape(f"{c.heading} {c.arrow}".strip()) for c in columns]
        best = {column.key: table.best(column) for column in columns}
        body, differences = [], []
        for row, name in zip(table.rows, names, strict=True):
            left = [escape(text) for text in name]
            cells = [cell(_mean(row, c), best[c.key] == row.name) for c in columns]
            if any(cells):
                body.append(left + cells)
            changed = [cell(_difference(row, c)) for c in columns]
            if any(changed):
                label = f"{row.name} − {table.baseline}"
                padding = [""] * (len(left) - 1)
                differences.append([escape(label), *padding, *changed])
        blocks.append((escape(title), left_columns, heads, body + differences))
    return blocks


def _stack(parts: list[str]) -> str:
    """Set the mean of a cell, and small below it what follows."""
    if len(parts) < 2:
        return "".join(parts)
    lines = r" \\ ".join([parts[0], *(f"{{\\scriptsize {part}}}" for part in parts[1:])])
    return rf"\begin{{tabular}}[t]{{@{{}}r@{{}}}}{lines}\end{{tabular}}"


def markdown(table: Table) -> str:
    """Format a table in Markdown: warnings, header, one block per group of metrics, notes."""
    lines = [f"> **Warning:** {_escape_markdown(text)}\n" for text in table.warnings]
    lines += [f"- {key}: {_escape_markdown(value)}" for key, value in table.header.items()]
    for title, _, heads, rows in _blocks(
        table, lambda text: f"**{text}**", _escape_markdown, " ".join
    ):
        lines += ["", f"**{title}**", ""] if title else [""]
        lines.append(f"| {' | '.join(heads)} |")
        lines.append("|" + "---|" * len(heads))
        lines += [f"| {' | '.join(row)} |" for row in rows]
    for note in table.notes:
        lines += ["", _escape_markdown(note)]
    return "\n".join(lines).lstrip("\n") + "\n"


def latex(table: Table) -> str:
    """Format a table in LaTeX with booktabs: one `table` per group of metrics.

    The header stands in comments, warnings also in the caption, so that no copy loses them.
    """
    lines = ["% requires \\usepackage{booktabs,graphicx}"]
    # A line break in a value would end the comment.
    lines += [f"% {key}: {' '.join(value.split())}" for key, value in table.header.items()]
    warnings = " ".join(f"\\textbf{{Warning: {_escape_latex(text)}.}}" for text in table.warnings)
    for title, left, heads, rows in _blocks(
        table, lambda text: f"\\textbf{{{text}}}", _escape_latex, _stack
    ):
        caption = " ".join(part for part in (f"{title}." if title else "", warnings) if part)
        lines += [
            r"\begin{table}[t]",
            r"\centering",
            *([f"\\caption{{{caption}}}"] if caption else []),
            r"\resizebox{\linewidth}{!}{%",
            f"\\begin{{tabular}}{{{'l' * left}{'r' * (len(heads) - left)}}}",
            r"\toprule",
            " & ".join(heads) + r" \\",
            r"\midrule",
            *(" & ".join(row) + r" \\ \addlinespace[2pt]" for row in rows),
            r"\bottomrule",
            r"\end{tabular}}",
            r"\end{table}",
            "",
        ]
    return "\n".join(lines)
