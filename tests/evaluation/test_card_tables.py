import math

import pytest

from wav2lip.data.datamodule import load_clips
from wav2lip.evaluation.card_tables import make_card, shift_variance
from wav2lip.evaluation.expert_card import card_clips
from wav2lip.evaluation.table_files import write_table_files
from wav2lip.synthetic.clips import write_synthetic_corpus


@pytest.fixture(scope="module")
def clips(tmp_path_factory):
    folder = tmp_path_factory.mktemp("card")
    write_synthetic_corpus(folder, {"val": 2}, 2.4, 48)
    found = load_clips([str(folder)], "val")
    return card_clips(found, {found[0].row.source: {"language": "xx"}})


def test_the_quick_card_has_the_accuracy_alone_by_group(clips, untrained_expert, tmp_path):
    tables = make_card(untrained_expert, clips, quick=True)
    assert list(tables) == ["accuracy"]
    rows = {row.name: row for row in tables["accuracy"].rows}
    assert {"all", "language xx"} <= set(rows)
    assert rows["language xx"].cells["pairwise 5 frames"].clips == 1
    assert 0.3 < rows["all"].cells["pairwise 5 frames"].mean < 0.7
    write_table_files(tables["accuracy"], tmp_path / "accuracy")
    assert "pairwise 5 frames" in (tmp_path / "accuracy.csv").read_text()


@pytest.mark.slow
def test_the_whole_card_has_every_condition(clips, untrained_expert, tmp_path):
    tables = make_card(untrained_expert, clips)
    assert list(tables) == ["accuracy", "conditions", "certainty"]
    conditions = tables["conditions"]
    assert [row.name for row in conditions.rows][:2] == ["unchanged", "moved by 5 of 96 px"]
    assert "lse_c" in conditions.rows[1].differences
    assert len(conditions.notes) == 2
    assert [row.name for row in tables["certainty"].rows][1:] == [
        "sound of another speaker",
        "silence",
    ]
    for name, table in tables.items():
        write_table_files(table, tmp_path / name)
    assert len(list(tmp_path.glob("*.csv"))) == 3


def test_the_variance_over_places_is_the_mean_over_clips():
    places = [[{"lse_d": 1.0, "lse_c": 2.0}, {}], [{"lse_d": 3.0, "lse_c": 2.0}, {}]]
    found = shift_variance(places)
    assert found["lse_d"] == 1.0
    assert math.isclose(found["lse_c"], 0.0)
