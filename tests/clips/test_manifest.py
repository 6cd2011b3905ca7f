import csv
from dataclasses import asdict

import pytest

from wav2lip.clips import ManifestRow, read_manifest, write_manifest
from wav2lip.errors import InputError

FORMAT_1 = """clip,source,speaker,split,track,start,frames,fps,face,coverage,sharpness,loudness,offset,confidence
clips/a.safetensors,a.mp4,a,train,0,0.2,20,25.0,90.0,1.0,50.0,-20.0,4,0.91
clips/b.shift+3.safetensors,b.mp4,a,train,0,0.2,20,25.0,90.0,1.0,50.0,-20.0,0,0.95
clips/c.safetensors,c.mp4,a,train,0,0.2,20,25.0,90.0,1.0,50.0,-20.0,,
"""


def row(clip="clips/a.safetensors", **changes: object):
    values = {
        "clip": clip,
        "source": "a.mp4",
        "speaker": "a",
        "split": "train",
        "track": 0,
        "start": 0.2,
        "frames": 20,
        "fps": 25.0,
        "face": 90.0,
        "coverage": 1.0,
        "sharpness": 50.0,
        "loudness": -20.0,
    }
    return ManifestRow(**{**values, **changes})


def test_a_manifest_reads_back_sorted_by_clip(tmp_path):
    write_manifest(tmp_path / "manifest.csv", [row("clips/b"), row("clips/a", speaker="ä, ö")])
    rows = read_manifest(tmp_path)
    assert [r.clip for r in rows] == ["clips/a", "clips/b"]
    assert rows[0] == row("clips/a", speaker="ä, ö")


def test_what_is_no_manifest_is_named(tmp_path):
    path = tmp_path / "manifest.csv"
    with pytest.raises(InputError, match="no such manifest"):
        read_manifest(tmp_path)
    path.write_text("a,b\n1,2\n")
    with pytest.raises(InputError, match="column 'clip' is missing"):
        read_manifest(path)
    write_manifest(path, [row()])
    path.write_text(path.read_text().replace(",20,", ",many,"))
    with pytest.raises(InputError, match=r"manifest\.csv: line 2 cannot be read"):
        read_manifest(path)
    path.write_bytes(b"\xff\xfe\x00\x80" * 10)
    with pytest.raises(InputError, match=r"manifest\.csv"):
        read_manifest(path)


def test_numbers_of_the_audit_read_back(tmp_path):
    measured = row(av_offset=-3, offset_agreement=0.91, sign_agreement=0.88, av_shift=2)
    write_manifest(tmp_path / "manifest.csv", [measured, row("clips/b")])
    assert read_manifest(tmp_path) == [measured, row("clips/b")]
    assert (read_manifest(tmp_path)[1].av_offset, row().av_shift) == (None, 0)


def test_a_manifest_of_format_1_is_converted(tmp_path):
    """Its `offset` was above 0 for late sound, `.shift+3` a sound moved 3 frames earlier."""
    (tmp_path / "manifest.csv").write_text(FORMAT_1)
    late, shifted, unmeasured = read_manifest(tmp_path)
    assert (late.av_offset, late.offset_agreement, late.av_shift) == (-4, 0.91, 0)
    assert (shifted.av_offset, shifted.av_shift) == (0, -3)
    assert (unmeasured.av_offset, unmeasured.offset_agreement) == (None, None)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        *[("frames", v) for v in (-28, 0, 10**30, "nan", "1.5")],
        *[("fps", v) for v in ("nan", 0, -25, "inf", 1e9)],
        *[("clip", v) for v in ("../../a", "/etc/passwd", "clips/../../b", "", ".", "a" * 5000)],
        *[("source", v) for v in ("../a.mp4", "/a.mp4")],
        *[("split", v) for v in ("nonsense", "", "Train")],
        *[("track", v) for v in (-1, "two")],
        *[("start", v) for v in ("nan", "-inf")],
        *[("face", v) for v in (-1, "nan")],
        *[("coverage", v) for v in ("nan", -0.1, 30)],
        *[
            (name, "nan")
            for name in ("sharpness", "loudness", "offset_agreement", "sign_agreement")
        ],
        *[("av_offset", v) for v in (10**30, "nan", "0.5")],
        ("av_shift", 10**30),
        ("sign_agreement", 1.5),
    ],
)
def test_a_row_that_cannot_be_right_is_named_by_its_line(column, value, tmp_path):
    path = tmp_path / "manifest.csv"
    columns = {**asdict(row("clips/b.safetensors")), column: value}
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        writer.writerow(asdict(row()))
        writer.writerow(columns)
    with pytest.raises(InputError, match=r"manifest\.csv: line 3 cannot be read: ") as caught:
        read_manifest(path)
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 500


def test_two_rows_of_one_clip_are_refused(tmp_path):
    write_manifest(tmp_path / "manifest.csv", [row("clips/a"), row("clips/b"), row("clips/b/.")])
    with pytest.raises(InputError, match=r"line 4 cannot be read: 'clips/b/.' is in line 3, too"):
        read_manifest(tmp_path)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_a_manifest_that_a_spreadsheet_saved(encoding, separator, tmp_path):
    path = tmp_path / "manifest.csv"
    rows = [row(speaker="Zoë\u2028\x85b"), row("clips/b")]
    write_manifest(path, rows)
    text = path.read_text(encoding="utf-8").replace(",", separator)
    path.write_bytes(text.encode(encoding))
    assert read_manifest(path) == rows


def test_zero_bytes_are_no_text(tmp_path):
    write_manifest(tmp_path / "manifest.csv", [row()])
    path = tmp_path / "manifest.csv"
    path.write_text(path.read_text().replace("clips/a", "clips/a\0b"))
    with pytest.raises(InputError, match=r"manifest\.csv: not a manifest: it is not a text file"):
        read_manifest(path)


def test_what_landmarks_tell_reads_back_and_may_be_missing(tmp_path):
    pose = {"yaw": -3.5, "pitch": 1.0, "roll": 0.2, "yaw_max": 20.0, "pitch_max": 9.0}
    known = row(**pose, roll_max=3.0, mar_low=0.01, mar_high=0.31, visible=0.8)
    write_manifest(tmp_path / "manifest.csv", [known, row("clips/b")])
    assert read_manifest(tmp_path) == [known, row("clips/b")]
    assert read_manifest(tmp_path)[1].mar_high is None
