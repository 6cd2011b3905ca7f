import math

from wav2lip.evaluation.table import Column, Row, Table
from wav2lip.evaluation.table_text import latex, markdown
from wav2lip.metrics.bootstrap import Difference, Interval

COLUMNS = (Column("d", "LSE-D", 2, "lower", "sync"), Column("psnr", "PSNR", 1, "higher", "picture"))
OURS = Row(
    "our_net | $x$",
    {
        "d": Interval(1.0, 0.8, 1.2, 9, 0, 9),
        "psnr": Interval(30.0, math.nan, math.nan, 2, 7, 2, (29.0, 31.0)),
    },
    {"d": Difference(Interval(-1.0, -1.2, -0.8, 9, 0, 9), 0.004)},
)
REAL = Row("real", {"d": Interval(2.0, 1.8, 2.2, 9, 0, 9)})
TABLE = Table(COLUMNS, (OURS, REAL), "real", {"judge": "expert 1"}, ("50 % of <it>",), ("a note",))

MARKDOWN = """\
> **Warning:** 50 % of \\<it\\>

- judge: expert 1

**sync**

| system | clips | speakers | LSE-D ↓ |
|---|---|---|---|
| our\\_net \\| $x$ | 9 | 9 | **1.00** \\[0.80, 1.20\\] |
| real | 9 | 9 | 2.00 \\[1.80, 2.20\\] |
| our\\_net \\| $x$ − real |  |  | −1.00 \\[−1.20, −0.80\\] p = 0.004 |

**picture**

| system | clips | speakers | PSNR ↑ |
|---|---|---|---|
| our\\_net \\| $x$ | 2 | 2 | 30.0 (29.0, 31.0) |

a note
"""

LATEX = r"""% requires \usepackage{booktabs,graphicx}
% judge: expert 1
\begin{table}[t]
\centering
\caption{sync. \textbf{Warning: 50 \% of \textless{}it\textgreater{}.}}
\resizebox{\linewidth}{!}{%
\begin{tabular}{lllr}
\toprule
system & clips & speakers & LSE-D $\downarrow$ \\
\midrule
our\_net \textbar{} \$x\$ & 9 & 9 & <\textbf{1.00} \\ {\scriptsize [0.80, 1.20]}> \\ ~
real & 9 & 9 & <2.00 \\ {\scriptsize [1.80, 2.20]}> \\ ~
our\_net \textbar{} \$x\$ $-$ real &  &  & <$-$1.00 \\ {\scriptsize [$-$1.20, $-$0.80]} \\ {\scriptsize p = 0.004}> \\ ~
\bottomrule
\end{tabular}}
\end{table}
"""
CELL = {  # of several lines
    "<": r"\begin{tabular}[t]{@{}r@{}}",
    ">": r"\end{tabular}",
    "~": r"\addlinespace[2pt]",
}


def test_markdown():
    assert markdown(TABLE) == MARKDOWN


def test_latex():
    text = latex(TABLE)
    expected = "".join(CELL.get(character, character) for character in LATEX)
    assert text.startswith(expected)
    assert text.count(r"\begin{table}") == text.count(r"\end{table}") == 2
    assert text.count("Warning: 50") == 2  # in every caption


def test_a_header_cannot_break_out_of_its_comment():
    table = Table(COLUMNS, (REAL,), header={"checkpoint": "a\n\\input{x}"})
    assert "% checkpoint: a \\input{x}\n" in latex(table)
