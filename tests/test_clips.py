import numpy as np
import pytest

from wav2lip.clips import (
    ClipFile,
    ManifestRow,
    encode_crop,
    read_manifest,
    write_clip,
    write_manifest,
)
from wav2lip.errors import InputError


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


@pytest.fixture
def path(tmp_path):
    """Ten frames, grey level 20 * frame; mel column m is m / 100."""
    crops = [encode_crop(np.full((24, 24, 3), 20 * i, np.uint8)) for i in range(10)]
    mel = np.repeat(np.arange(40, dtype=np.float32)[:, None] / 100, 80, axis=1)
    boxes = np.tile(np.array([1, 2, 3, 4], np.float32), (10, 1))
    pcm = np.arange(6400, dtype=np.int16)
    metadata = {"source": "a.mp4", "fps": 25.0, "crop_size": 24, "pad": 0.125}
    write_clip(tmp_path / "a.safetensors", crops, boxes, np.arange(10) / 25, mel, pcm, metadata)
    return tmp_path / "a.safetensors"


def test_a_clip_reads_back_by_windows(path):
    clip = ClipFile(path)
    assert (clip.frames, clip.fps, clip.crop_size, clip.pad) == (10, 25.0, 24, 0.125)
    crops = clip.crops(np.array([7, 2]))
    assert crops.shape == (2, 24, 24, 3)
    assert [int(crop.mean().round()) for crop in crops] == [140, 40]
    assert clip.boxes().shape == (10, 4)
    assert clip.pcm()[[0, -1]].tolist() == [0, 6399]
    assert clip.seconds == 0.4
    assert not list(path.parent.glob("*.part"))


def test_mel_windows_are_silent_beyond_both_ends(path):
    clip = ClipFile(path)
    assert clip.mel(8, 16).shape == (80, 16)
    assert clip.mel(8, 16)[0, [0, 15]] == pytest.approx([0.08, 0.23])
    assert clip.mel(-2, 4)[5] == pytest.approx([-4, -4, 0, 0.01])
    assert clip.mel(38, 4)[5] == pytest.approx([0.38, 0.39, -4, -4])
    assert (clip.mel(500, 16) == -4).all()


def test_a_missing_clip_and_one_cut_short_are_named(path):
    with pytest.raises(InputError, match=r"b\.safetensors: missing"):
        ClipFile(path.with_name("b.safetensors"))
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(InputError, match=r"a\.safetensors: not a whole clip file"):
        ClipFile(path)


def test_a_crop_that_does_not_decode_is_named(path):
    data = bytearray(path.read_bytes())
    data[data.index(b"\xff\xd8\xff") : data.index(b"\xff\xd8\xff") + 200] = bytes(200)
    path.write_bytes(data)
    with pytest.raises(InputError, match=r"a\.safetensors: frame 0 cannot be decoded"):
        ClipFile(path).crops(np.array([0]))


def test_a_manifest_reads_back_sorted_by_clip(tmp_path):
    write_manifest(tmp_path / "manifest.csv", [row("clips/b"), row("clips/a", speaker="ä, ö")])
    rows = read_manifest(tmp_path)
    assert [r.clip for r in rows] == ["clips/a", "clips/b"]
    assert rows[0] == row("clips/a", speaker="ä, ö")


def test_what_is_no_manifest_is_named(tmp_path):
    path = tmp_path / "manifest.csv"
    with pytest.raises(InputError, match="no manifest there"):
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
