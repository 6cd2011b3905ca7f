import csv
import json
import math

from wav2lip.evaluation.table import Column, Row, Table
from wav2lip.evaluation.table_files import write_table_files
from wav2lip.metrics.bootstrap import Difference, Interval


def test_all_files_hold_the_header_and_the_warnings(tmp_path):
    few = Interval(30.0, math.nan, math.nan, 2, 7, 2, (29.0, 31.0))
    difference = Difference(Interval(-1.0, -1.2, -0.8, 9, 0, 9), 0.004)
    table = Table(
        (Column("d", "LSE-D", 2, "lower"), Column("psnr", "PSNR", 1, "higher")),
        (Row("ours", {"d": Interval(1.0, 0.8, 1.2, 9, 0, 9), "psnr": few}, {"d": difference}),
         Row("real", {"d": Interval(2.0, 1.8, 2.2, 9, 0, 9)})),
        "real",
        {"judge": "expert", "commit": "abc"},
        ("one", "two"),
    )  # fmt: skip
    write_table_files(table, tmp_path / "summary")
    rows = list(csv.DictReader((tmp_path / "summary.csv").open()))
    assert [(r["system"], r["metric"]) for r in rows] == [
        ("ours", "d"), ("ours", "psnr"), ("real", "d"), ("ours - real", "d"),
    ]  # fmt: skip
    assert {(r["judge"], r["commit"], r["warnings"]) for r in rows} == {
        ("expert", "abc", "one; two")
    }
    assert (rows[0]["mean"], rows[0]["low"], rows[0]["better"]) == ("1", "0.8", "lower")
    assert (rows[1]["low"], rows[1]["values"], rows[1]["missing"]) == ("", "29 31", "7")
    assert (rows[3]["mean"], rows[3]["p"]) == ("-1", "0.004")
    data = json.loads((tmp_path / "summary.json").read_text())
    assert data["warnings"] == ["one", "two"]
    assert [column["best"] for column in data["columns"]] == ["ours", None]
    assert data["rows"][0]["cells"]["psnr"]["low"] is None
    assert "**Warning:** two" in (tmp_path / "summary.md").read_text()
    assert "Warning: two." in (tmp_path / "summary.tex").read_text()
