import os
from pathlib import Path

import pytest
from hydra import compose, initialize_config_dir
from hydra.utils import instantiate

from wav2lip.clips import ManifestRow, write_manifest
from wav2lip.errors import InputError
from wav2lip.evaluation.pairs import Pair, filelist, manifest, own_sounds, pairs, videos

CONFIGS = Path(__file__).resolve().parents[2] / "configs"


def test_a_video_and_a_folder(tmp_path):
    for name in ("a.mp4", "b/a.mov", "b/c.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    a, other = tmp_path / "a.mp4", tmp_path / "b" / "a.mov"
    assert videos(str(a)) == [Pair("a", a, a, speaker="a")]
    assert videos(str(tmp_path)) == [
        Pair("a", a, a, speaker="a"),
        Pair("b_a", other, other, speaker="b"),
    ]
    with pytest.raises(InputError, match="no such file or folder"):
        videos(str(tmp_path / "none"))
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="contains no video"):
        videos(str(tmp_path / "empty"))


def test_real_videos_lie_under_the_same_names(tmp_path):
    for name in ("made/x.mp4", "made/y.mp4", "real/x.avi"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    one, other = videos(str(tmp_path / "made"), str(tmp_path / "real"))
    assert one.real == tmp_path / "real" / "x.avi"
    assert other.real == tmp_path / "real" / "y"  # not there: said when it is read
    (alone,) = videos(str(tmp_path / "made" / "x.mp4"), str(tmp_path / "real" / "x.avi"))
    assert alone.real == tmp_path / "real" / "x.avi"


def test_pairs_of_a_table(tmp_path):
    table = tmp_path / "p.csv"
    table.write_text("audio,face\nb.wav,a.mp4\na.mp4,a.mp4\nb.wav,a.mp4\n", encoding="utf-8-sig")
    found = pairs(str(table), root="r")
    assert found == [
        Pair("a-b", Path("r/a.mp4"), Path("r/b.wav")),
        Pair("a", Path("r/a.mp4"), Path("r/a.mp4")),
        Pair("a-b-2", Path("r/a.mp4"), Path("r/b.wav")),
    ]
    table.write_text("face;audio;speaker\na.mp4;b.wav; anna \na.mp4;a.mp4;\n")
    assert [pair.speaker for pair in pairs(str(table))] == ["anna", ""]
    table.write_text("face,sound\na,b\n")
    with pytest.raises(InputError, match="must name the columns face, audio"):
        pairs(str(table))
    table.write_text("face,audio\na,\n")
    with pytest.raises(InputError, match="line 2: a cell is empty"):
        pairs(str(table))


def test_no_name_is_given_twice(tmp_path):
    table = tmp_path / "p.csv"
    faces = ["a", "a", "a-2", "a", "a-2"]
    table.write_text("face,audio\n" + "".join(f"{face}.mp4,{face}.mp4\n" for face in faces))
    names = [pair.name for pair in pairs(str(table))]
    assert names == ["a", "a-3", "a-2", "a-4", "a-2-2"]


def test_published_lists(tmp_path):
    path = tmp_path / "lrs2.txt"
    path.write_text("5672/00009 6330/00018\n\n5672/00010 6330/00018\n")
    one, two = filelist(str(path), "main", audio_first=True, suffix=".mp4")
    assert (one.audio, one.face) == (Path("main/5672/00009.mp4"), Path("main/6330/00018.mp4"))
    assert (one.name, two.name) == ("6330_00018-5672_00009", "6330_00018-5672_00010")
    path.write_text("agad_1.mp4 agad_1.wav\n")
    (pair,) = filelist(str(path), "data", audio_first=False)
    assert (pair.face, pair.audio) == (Path("data/agad_1.mp4"), Path("data/agad_1.wav"))


@pytest.mark.parametrize(
    ("name", "line", "face", "audio", "speaker"),
    [
        ("lrs2", "5672/00009 6330/00018", "6330/00018.mp4", "5672/00009.mp4", "6330"),
        ("lrs3", "0Fi83BHQsMA/00002 zAq2/00005", "zAq2/00005.mp4", "0Fi83BHQsMA/00002.mp4", "zAq2"),
        ("lrw", "ABOUT/test/ABOUT_1 WORD/test/WORD_2", "WORD/test/WORD_2.mp4", "ABOUT/test/ABOUT_1.mp4", ""),
        ("resynced", "agad_1.mp4 agad_1.wav", "agad_1.mp4", "agad_1.wav", ""),
    ],
)  # fmt: skip
def test_every_published_list_by_its_config(tmp_path, name, line, face, audio, speaker):
    path = tmp_path / "list.txt"
    path.write_text(f"{line}\n")
    with initialize_config_dir(str(CONFIGS), version_base="1.3"):
        cfg = compose("evaluate", [f"pairs={name}", f"input={path}", "root=data"])
    (pair,) = instantiate(cfg.pairs)
    assert (pair.face, pair.audio) == (Path("data") / face, Path("data") / audio)
    assert pair.speaker == speaker


def test_published_lists_that_are_none(tmp_path):
    path = tmp_path / "list.txt"
    path.write_text("one two three\n")
    with pytest.raises(InputError, match="line 1: expected two names, not 'one two three'"):
        filelist(str(path), "main")
    with pytest.raises(InputError, match="with root="):
        filelist(str(path), None)
    path.write_text("\n")
    with pytest.raises(InputError, match="the list is empty"):
        filelist(str(path), "main")
    path.write_bytes(b"\xff\xfe\x00\x80")
    with pytest.raises(InputError, match="is not a text file"):
        filelist(str(path), "main")
    with pytest.raises(InputError, match="cannot be read"):
        filelist(str(tmp_path / "none.txt"), "main")


def test_the_videos_of_a_manifest(tmp_path):
    def row(clip, source, split):
        return ManifestRow(clip, source, "p", split, 0, 0.0, 9, 25.0, 96.0, 1.0, 1.0, -20.0)

    rows = [row("1", "b.mp4", "val"), row("2", "b.mp4", "val"), row("3", "a.mp4", "train")]
    write_manifest(tmp_path / "manifest.csv", rows)
    (pair,) = manifest(str(tmp_path), "videos")
    assert pair == Pair("b", Path("videos/b.mp4"), Path("videos/b.mp4"), speaker="p")
    with pytest.raises(InputError, match="no clip of split 'test'"):
        manifest(str(tmp_path), "videos", split="test")


def test_a_folder_with_a_dangling_link_and_a_name_that_is_not_utf8(tmp_path):
    latin, link = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.mp4")), tmp_path / "link.mp4"
    latin.touch()
    link.symlink_to("nowhere.mp4")
    assert videos(str(tmp_path)) == [
        Pair("caf\\xe9", latin, latin, speaker="caf\\xe9"),
        Pair("link", link, link, speaker="link"),
    ]


def test_a_list_of_hdtf_clips_has_one_speaker_per_recording(tmp_path):
    (tmp_path / "list.txt").write_text("RD_Radio11_000\nRD_Radio11_001.mp4\n\nWDA_Ann_000\n")
    found = own_sounds(str(tmp_path / "list.txt"), "HDTF", ".mp4", "_[0-9]+")
    assert [(p.name, p.face.as_posix(), p.speaker) for p in found] == [
        ("RD_Radio11_000", "HDTF/RD_Radio11_000.mp4", "RD_Radio11"),
        ("RD_Radio11_001", "HDTF/RD_Radio11_001.mp4", "RD_Radio11"),
        ("WDA_Ann_000", "HDTF/WDA_Ann_000.mp4", "WDA_Ann"),
    ]
    assert all(pair.audio == pair.face for pair in found)
    with pytest.raises(InputError, match="give the data set's folder with root="):
        own_sounds(str(tmp_path / "list.txt"), None)
