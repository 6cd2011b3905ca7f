import csv
import sys

import pytest

from wav2lip.cli.inspect import main
from wav2lip.inspection import FaceFinding
from wav2lip.media import read_image


def test_the_command_writes_the_picture_and_a_row_per_face(
    talking_portrait, tmp_path, monkeypatch, capsys
):
    image, table = tmp_path / "a.png", tmp_path / "a.csv"
    words = ["inspect", str(talking_portrait), "--output", str(image), "--table", str(table)]
    monkeypatch.setattr(sys, "argv", words)
    main()
    assert read_image(image).shape == (1800, 1600, 3)
    with table.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == list(FaceFinding.__dataclass_fields__)
    assert [row["frame"] for row in rows] == [str(frame) for frame in range(15)]
    assert rows[3]["time"] == "0.1200"
    assert "a face in 15 frames" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["none.mp4"], "none.mp4: no such file"),
        (["{video}", "--output", "{video}"], "is the video itself"),
        (["{video}", "--output", "a.xyz"], "a.xyz: unknown image format"),
        (["{video}", "--detector", "hof"], "invalid choice: 'hof'"),
        (["{video}", "--max_pixels", "0"], "--max_pixels"),
    ],
)
def test_bad_input_is_one_line(words, message, talking_portrait, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(
        sys, "argv", ["inspect", *(w.format(video=talking_portrait) for w in words)]
    )
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    line = capsys.readouterr().err.strip()
    assert message in line
    assert "\n" not in line
    assert list(tmp_path.iterdir()) == []
