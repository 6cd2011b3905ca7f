import pytest

from wav2lip.errors import InputError
from wav2lip.preprocessing.splits import (
    assign_splits,
    has_splits,
    read_splits,
    speaker_from_path,
    split_by_speaker,
)


def test_the_share_of_validation_speakers_is_as_asked():
    drawn = [split_by_speaker(f"speaker {i}", 0.1) for i in range(5000)]
    assert 0.08 < drawn.count("val") / 5000 < 0.12
    assert split_by_speaker("anyone", 0.0) == "train"


@pytest.mark.parametrize(
    ("source", "speaker"),
    [
        ("ann/deep/one.mp4", "ann"),
        ("bob.mp4", "bob"),
        ("main/5535415699068794046/00001.mp4", "5535415699068794046"),
        ("pretrain/553541/00001.mp4", "553541"),
        ("trainval/0Fi83BHQsMA/50001.mp4", "0Fi83BHQsMA"),
        ("5535415699068794046/00001", "5535415699068794046"),  # a published frame folder
        ("main/one.mp4", "main"),
    ],
)
def test_the_speaker_is_the_first_folder_below_a_part(source, speaker):
    assert speaker_from_path(source) == speaker


@pytest.fixture
def lrs2(tmp_path):
    """Split lists as LRS2 gives them."""
    (tmp_path / "train.txt").write_text("111/00001\n111/00002\n")
    (tmp_path / "val.txt").write_text("222/00001\n")
    (tmp_path / "test.txt").write_text("333/00001 NF\n")
    (tmp_path / "pretrain.txt").write_text("111/00009\n")
    return tmp_path


def test_lrs2_lists_assign_main_and_published_frames_alike(lrs2):
    assert has_splits(lrs2)
    sources = ["111/00001", "222/00001", "333/00001"]
    expected = {"111": "train", "222": "val", "333": "test"}
    for prefix, suffix in (("main/", ".mp4"), ("", ".mp4"), ("", "")):
        dealt = assign_splits([f"{prefix}{s}{suffix}" for s in sources], read_splits(lrs2), 0.5)
        assert {speaker: split for split, speaker in dealt.values()} == expected


def test_what_no_list_names_follows_its_speaker(lrs2):
    # pretrain numbers its clips anew: its 222/00001 is not the one in val.txt.
    sources = ["main/222/00001.mp4", "pretrain/222/00001.mp4", "pretrain/111/00009.mp4", "x/1.mp4"]
    dealt = assign_splits(sources, read_splits(lrs2), 0.0)
    assert [dealt[s][0] for s in sources] == ["val", "val", "train", "train"]


def test_lrs3_needs_no_lists():
    sources = ["trainval/a/50001.mp4", "pretrain/a/00001.mp4", "test/b/00001.mp4", "test/c.mp4"]
    dealt = assign_splits(sources, {}, 0.0)
    assert [dealt[s] for s in sources] == [
        ("train", "a"),
        ("train", "a"),
        ("test", "b"),
        ("train", "test"),  # a folder of one's own that happens to be called so
    ]


def test_a_speaker_in_two_splits_is_named(lrs2, caplog):
    (lrs2 / "val.txt").write_text("222/00001\n111/00003\n")
    assign_splits(["main/111/00001.mp4", "main/111/00003.mp4"], read_splits(lrs2), 0.0)
    assert "1 speakers are in more than one split, for example 111" in caplog.text


def test_a_table_and_one_list(lrs2):
    (lrs2 / "splits.csv").write_text("file,split,speaker\nmain/a.mp4,test,ann\nb.mp4,val,\n")
    assert has_splits(lrs2 / "splits.csv")
    assert read_splits(lrs2 / "splits.csv") == {"main/a.mp4": ("test", "ann"), "b.mp4": ("val", "")}
    assert read_splits(lrs2 / "pretrain.txt") == {"pretrain/111/00009": ("train", "")}


def test_what_holds_no_splits_is_named(tmp_path):
    assert not has_splits(tmp_path)
    with pytest.raises(InputError, match="no such file"):
        read_splits(tmp_path / "no.csv")
    with pytest.raises(InputError, match=r"give a CSV, one of train\.txt"):
        read_splits(tmp_path)
    (tmp_path / "all.txt").write_text("a\n")
    with pytest.raises(
        InputError, match=r"all\.txt: not a list of splits; give a CSV, one of train\.txt"
    ):
        read_splits(tmp_path / "all.txt")
    (tmp_path / "a.csv").write_text("name,split\n")
    with pytest.raises(InputError, match="requires the columns file and split"):
        read_splits(tmp_path / "a.csv")


@pytest.mark.parametrize("count", [2, 3, 5, 10])
def test_few_speakers_always_train_and_validate(count):
    for draw in range(40):
        sources = [f"{draw}-{i}/a.mp4" for i in range(count)]
        splits = [split for split, _ in assign_splits(sources, {}, 0.1).values()]
        assert set(splits) == {"train", "val"}
        many = [split for split, _ in assign_splits(sources, {}, 0.9).values()]
        assert set(many) == {"train", "val"}


def test_one_speaker_trains():
    assert {assign_splits([f"s{i}/a.mp4"], {}, 0.5)[f"s{i}/a.mp4"][0] for i in range(20)} == {
        "train"
    }


def test_a_share_of_0_or_1_and_listed_splits_are_kept():
    sources = [f"{i}.mp4" for i in range(5)]
    assert {split for split, _ in assign_splits(sources, {}, 0.0).values()} == {"train"}
    assert {split for split, _ in assign_splits(sources, {}, 1.0).values()} == {"val"}
    listed = {"0.mp4": ("val", "")}
    splits = assign_splits(sources, listed, 1e-9)
    assert [split for split, _ in splits.values()] == ["val", *["train"] * 4]


def test_speakers_of_a_corpus_that_validates_stay():
    sources = [f"{i}/a.mp4" for i in range(50)]
    for source, (split, speaker) in assign_splits(sources, {}, 0.2).items():
        assert split == split_by_speaker(speaker, 0.2), source
