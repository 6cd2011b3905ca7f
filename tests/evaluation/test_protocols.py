import csv
from pathlib import Path

import pytest

from wav2lip.errors import InputError
from wav2lip.evaluation.pairs import Pair, pairs
from wav2lip.evaluation.protocols import (
    LISTED,
    PROTOCOLS,
    choose_protocols,
    draw_sounds,
    protocol_names,
    write_cross_list,
)
from wav2lip.evaluation.systems import SYSTEMS


def clips(count, speakers=None):
    return [
        Pair(f"c{k}", Path(f"c{k}.mp4"), Path(f"c{k}.mp4"), speaker=f"s{k % (speakers or count)}")
        for k in range(count)
    ]


def test_protocols_come_in_the_order_of_the_tables_once_each():
    chosen, leak = choose_protocols(["cross", "still", "reconstruction", "still"])
    assert [protocol.system for protocol in chosen] == [
        "generated", "first frame alone", "other audio",
    ]  # fmt: skip
    assert not leak
    assert {protocol.system for protocol in PROTOCOLS.values()} <= set(SYSTEMS)


def test_the_leak_probe_brings_the_videos_along_that_it_judges():
    silence = PROTOCOLS["silence"]
    assert choose_protocols(["listed", "leak"]) == ([LISTED, silence], True)
    assert choose_protocols(["leak"]) == ([LISTED, silence], True)
    expected = ([PROTOCOLS["reconstruction"], silence], True)
    assert choose_protocols(["leak", "reconstruction"]) == expected


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["stil"], "protocol: unknown 'stil'; did you mean still?"),
        (["x"], "protocol: unknown 'x'; choose from listed, reconstruction"),
        ([], "protocol: names none"),
        (["listed", "reconstruction"], "listed and reconstruction fill the same row"),
        (-1, "protocol: -1 is not a name or a list of names; choose from listed, reconstruction"),
        ({"cross": None}, "is not a name or a list of names"),
        ([["cross"]], "is not a name or a list of names"),
        ([None], "is not a name or a list of names"),
    ],
)
def test_wrong_names_are_one_line(names, message):
    with pytest.raises(InputError, match=message):
        protocol_names(names, generates=True)


def test_without_names_the_videos_of_the_list_are_made_or_judged_as_they_are():
    assert protocol_names(None, generates=True) == ["listed", "leak"]
    assert protocol_names(None, generates=False) == ["sync_check"]
    assert protocol_names("cross", generates=True) == ["cross"]
    assert choose_protocols(["sync_check"]) == ([], False)


def test_a_generator_and_the_sync_check_exclude_each_other():
    with pytest.raises(InputError, match=r"^protocol sync_check: scores videos as they are; leave"):
        protocol_names("sync_check", generates=True)
    with pytest.raises(InputError, match=r"^protocol leak: a generator makes its videos; give its"):
        protocol_names(["sync_check", "leak"], generates=False)


def test_every_clip_gets_the_sound_of_another_speaker_once():
    given = clips(12, speakers=4)
    sounds = draw_sounds(given, 0)
    assert sorted(pair.name for pair in sounds.values()) == sorted(pair.name for pair in given)
    assert all(sounds[pair.name].speaker != pair.speaker for pair in given)
    assert draw_sounds(given, 0) == sounds
    assert draw_sounds(given, 1) != sounds
    for speakers, each in ((2, 5), (10, 10)):
        many = clips(speakers * each, speakers=speakers)
        drawn = draw_sounds(many, 0)
        assert all(drawn[pair.name].speaker != pair.speaker for pair in many)
        assert len({pair.name for pair in drawn.values()}) == len(many)
    two = draw_sounds(clips(2), 0)
    assert (two["c0"].name, two["c1"].name) == ("c1", "c0")
    with pytest.raises(InputError, match="give two clips with different sounds or more"):
        draw_sounds(clips(1), 0)


def test_the_drawn_pairs_are_a_list_that_can_be_scored_again(tmp_path):
    given = clips(3)
    sounds = draw_sounds(given, 0)
    write_cross_list(given, sounds, tmp_path)
    rows = list(csv.DictReader((tmp_path / "cross.csv").open()))
    assert [row["face"] for row in rows] == ["c0.mp4", "c1.mp4", "c2.mp4"]
    assert [row["speaker"] for row in rows] == ["s0", "s1", "s2"]
    assert [pair.audio for pair in pairs(str(tmp_path / "cross.csv"))] == [
        sounds[pair.name].audio for pair in given
    ]
