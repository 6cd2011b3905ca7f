import numpy as np

from wav2lip.checkpoints import CHECKPOINTS
from wav2lip.evaluation.result_table import header, parameters, published_note, result_table
from wav2lip.evaluation.results import ClipScores, Results
from wav2lip.evaluation.scorer import SyncScores
from wav2lip.evaluation.summary import summarise
from wav2lip.evaluation.systems import FROZEN, GENERATED, REAL
from wav2lip.metrics.lse import SyncCurve

SYNC = SyncScores(np.zeros(31), SyncCurve(*[np.zeros(0)] * len(SyncCurve._fields)), 750)
NETWORK = {"_target_": "wav2lip.models.Generator", "width": 0.0625}


def results_of(revisions, warnings=()):
    generator = {
        "path": "g.ckpt", "sha256": "ab" * 32, "config": NETWORK, "metadata": {"step": 50},
    }  # fmt: skip
    settings = {"pairs": {"_target_": "wav2lip.evaluation.pairs.lrs2"}, "scoring": {"span": 1.0}}
    results = Results({"label": "planted", "sha256": "cd" * 32}, generator, settings)
    results.revisions, results.warnings = revisions, list(warnings)
    for number in range(9):
        for system, value in ((GENERATED, 1.0), (REAL, 2.0), (FROZEN, 0.5)):
            row = ClipScores(f"{number}", system, {"lse_d": value}, SYNC, f"{number}")
            results.clips.append(row)
    return results


def test_the_header_states_what_the_numbers_depend_on():
    found = header(results_of({"abc"}))
    assert found.pop("parameters") == f"{parameters(NETWORK):,}"
    assert found == {
        "judge": "planted, sha256 cdcdcdcdcdcd",
        "protocol": "lrs2",
        "commit": "abc",
        "checkpoint": "g.ckpt, sha256 abababababab",
        "training steps": "50",
        "clips": "9",
        "minutes": "4.5",  # nine clips of 750 windows, one per frame of 40 ms
        "settings": "scoring.span=1.0",
    }


def test_only_what_is_judged_competes_with_the_real_videos():
    results = results_of({"abc"})
    table = result_table(results, summarise(results))
    assert [(row.name, row.control) for row in table.rows] == [
        (GENERATED, False), (REAL, False), (FROZEN, True),
    ]  # fmt: skip
    column = table.columns[0]
    assert (column.key, table.baseline, table.best(column)) == ("lse_d", REAL, GENERATED)
    assert table.warnings == ()


def test_two_revisions_and_uncommitted_changes_are_warned_of():
    results = results_of({"abc", "def+changes.1"}, warnings=["beware"])
    table = result_table(results, summarise(results))
    assert table.warnings[0] == "beware"
    assert "different revisions of the code (abc, def+changes.1)" in table.warnings[1]
    assert "no commit holds (def+changes.1)" in table.warnings[2]


def test_the_released_checkpoint_and_judge_stand_beside_the_published_values():
    results = results_of({"abc"})
    results.clips[0].values["lse_c_silent"] = 3.0
    assert published_note(results) == ""
    results.generator["sha256"] = CHECKPOINTS["wav2lip"].sha256
    assert published_note(results) == ""
    results.judge["sha256"] = CHECKPOINTS["syncnet_v2"].sha256
    assert "3.64, LSE-D silent 8.15, LSD-CR 0.56, LSD-AR 0.22" in published_note(results)
    assert any("tab. 6" in note for note in result_table(results, summarise(results)).notes)


def test_metrics_without_their_weights_are_named():
    results = results_of({"abc"})
    results.settings |= {"inception": None, "arcface": "face.onnx", "i3d": None, "alexnet": None}
    notes = result_table(results, summarise(results)).notes
    assert notes[-1] == (
        "left out, as no weights file is given: LPIPS (alexnet), FID (inception), FVD (i3d)"
    )
