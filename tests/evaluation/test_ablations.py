import csv
import shutil

import pytest

from wav2lip.cli.main import main
from wav2lip.errors import InputError
from wav2lip.evaluation.ablations import check_metrics, collect, find_runs, find_unfinished


def write_run(root, experiment, seed, losses, sync=None, task="Wav2LipGANTask"):
    folder = root / experiment / f"seed-{seed}"
    (folder / "hydra").mkdir(parents=True)
    (folder / "curves").mkdir()
    (folder / "hydra" / "config.yaml").write_text(
        f"experiment_name: {experiment}\nseed: {seed}\ntask:\n  _target_: wav2lip.tasks.{task}\n"
    )
    rows = ["step,train/l1,val/loss,val/lower_l1,val/sync", "0,0.5,,,"]
    rows += [f"{10 * i},,{loss},{loss / 10},{sync or ''}" for i, loss in enumerate(losses, start=1)]
    (folder / "curves" / "metrics.csv").write_text("\n".join(rows) + "\n")


@pytest.fixture
def runs(tmp_path):
    write_run(tmp_path, "full", 1, [0.5, 0.3, 0.4], sync=0.2)
    write_run(tmp_path, "full", 2, [0.5, 0.4], sync=0.3)
    write_run(tmp_path, "no_gan", 1, [0.6])
    write_run(tmp_path, "unfinished", 1, [])
    return tmp_path


def test_scores_are_those_of_the_best_validation(runs):
    found = collect(runs, "val/loss", ["val/lower_l1", "val/sync"])
    assert [(r.experiment, r.seed, r.step) for r in found] == [
        ("full", 1, 20),
        ("full", 2, 20),
        ("no_gan", 1, 10),
    ]
    assert found[0].scores == {"val/lower_l1": 0.03, "val/sync": 0.2}
    assert find_unfinished(runs, "val/loss", "full") == ["unfinished/seed-1"]


def test_a_copy_of_a_run_does_not_count_twice(runs):
    shutil.copytree(runs / "full" / "seed-1", runs / "old" / "seed-1")
    with pytest.raises(
        InputError, match=r"seed-1: has the experiment and the seed of .*seed-1, so"
    ):
        collect(runs, "val/loss", ["val/lower_l1"])


def test_the_command_writes_all_tables(runs, monkeypatch, capsys):
    words = ["wav2lip", "ablations", str(runs), "--metric", "val/lower_l1", "val/sync"]
    monkeypatch.setattr("sys.argv", words)
    main()
    text = (runs / "table.md").read_text()
    assert text in capsys.readouterr().out
    lines = text.splitlines()
    assert lines[0] == "- validation chosen by: lowest val/loss"
    assert lines[2] == "| experiment | seeds | steps | runs | val/lower\\_l1 ↓ | val/sync ↓ |"
    assert lines[4].startswith("| full | 1 2 | 20 20 | 2 | 0.0350 (0.0300, 0.0400) | 0.2500 (")
    assert lines[5] == "| no\\_gan | 1 | 10 | 1 | 0.0600 |  |"
    assert lines[6] == "| no\\_gan − full |  |  |  | 0.0300 p = 1 |  |"
    assert lines[-1].rstrip() == "without a validation: unfinished/seed-1"
    with (runs / "table.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 5
    assert (rows[0]["experiment"], rows[0]["seeds"]) == ("full", "1 2")
    assert (rows[0]["low"], rows[0]["values"]) == ("", "0.03 0.04")
    assert (runs / "table.tex").is_file()
    assert (runs / "table.json").is_file()


def test_a_folder_without_runs_is_refused(tmp_path):
    with pytest.raises(InputError, match="contains no run"):
        collect(tmp_path, "val/loss", [])
    write_run(tmp_path, "unfinished", 1, [])
    with pytest.raises(InputError, match="no run has logged val/loss"):
        collect(tmp_path, "val/loss", [])


def test_an_unknown_metric_gets_the_nearest_name(runs):
    folders = find_runs(runs)
    check_metrics(folders, ["val/lower_l1"])
    with pytest.raises(InputError, match="'val/lower_11'; did you mean val/lower_l1"):
        check_metrics(folders, ["val/lower_11"])
    with pytest.raises(InputError, match="'x'; known are val/loss, val/lower_l1, val/sync"):
        check_metrics(folders, ["x"])


def test_a_wrong_argument_of_the_command_is_one_line(monkeypatch, capsys):
    for words, message in (([], "required: RUNS"), (["nowhere"], "nowhere: no such folder")):
        monkeypatch.setattr("sys.argv", ["wav2lip", "ablations", *words])
        with pytest.raises(SystemExit, match="2"):
            main()
        (line,) = capsys.readouterr().err.splitlines()
        assert message in line


def test_a_run_of_somebody_else_cannot_read_the_environment(runs, monkeypatch):
    monkeypatch.setenv("SECRET", "swordfish")
    config = runs / "no_gan" / "seed-1" / "hydra" / "config.yaml"
    config.write_text("experiment_name: ${oc.env:SECRET}\nseed: 1\n")
    names = {run.experiment for run in collect(runs, "val/loss", ["val/lower_l1"])}
    assert names == {"full", "${oc.env:SECRET}"}
    for broken in ("seed: 1", "- a", "experiment_name: a\nseed: b", "{", "seed: ${oc.env:SECRET}"):
        config.write_text(broken)
        with pytest.raises(InputError, match=r"config\.yaml: states no experiment_name"):
            collect(runs, "val/loss", ["val/lower_l1"])
    config.write_text("a: &a [1]\nb: [*a, *a]\nexperiment_name: no_gan\nseed: 1\n")
    with pytest.raises(InputError, match=r"config\.yaml: states no experiment_name"):
        collect(runs, "val/loss", [])
    config.write_text("[" * 100_000)
    with pytest.raises(InputError, match=r"config\.yaml: states no experiment_name"):
        collect(runs, "val/loss", [])


def test_damaged_curves_are_named_with_their_line(runs):
    curves = runs / "no_gan" / "seed-1" / "curves" / "metrics.csv"
    head = "step,train/l1,val/loss,val/lower_l1\n"
    for body, message in (
        ("10,,abc,0.1\n", "line 2: val/loss must be a number, not 'abc'"),
        ("10,,0.5,0.1\n20,,0.4,x\n", "line 3: val/lower_l1 must be a number, not 'x'"),
        ("1.5,,0.5,0.1\n", "line 2: step must be a whole number, not '1.5'"),
        ("nan,,0.5,0.1\n", "line 2: step must be a whole number"),
        ("0.5\n,,0.5\n", "line 3: step must be a number, not ''"),
        ("10,,0.5,0.1\0\n", "not a table of curves: it is not a text file"),
    ):
        curves.write_text(head + body)
        with pytest.raises(InputError, match=rf"metrics\.csv.*{message}"):
            collect(runs, "val/loss", ["val/lower_l1"])


def test_a_diverged_validation_is_not_the_best_and_infinity_counts_as_missing(tmp_path):
    write_run(tmp_path, "full", 1, [float("nan"), 0.5, float("inf")])
    curves = tmp_path / "full" / "seed-1" / "curves" / "metrics.csv"
    (run,) = collect(tmp_path, "val/loss", ["val/lower_l1"])
    assert (run.step, run.scores) == (20, {"val/lower_l1": 0.05})
    curves.write_text(curves.read_text().replace("0.05", "inf"))
    (run,) = collect(tmp_path, "val/loss", ["val/lower_l1"])
    assert run.scores == {}


def test_experts_and_generators_have_a_table_each(runs, monkeypatch, capsys):
    for name, loss in (("expert", 0.4), ("expert_loss", 0.6)):
        write_run(runs, name, 1, [loss], task="SyncNetTask")
    monkeypatch.setattr("sys.argv", ["wav2lip", "ablations", str(runs), "--metric", "val/lower_l1"])
    main()
    experts = (runs / "table_expert.md").read_text()
    assert "| expert\\_loss − expert |  |  |  | 0.0200 p = 1 |" in experts
    assert "full" not in experts
    assert "unfinished" not in experts
    assert "| no\\_gan − full |" in (runs / "table_full.md").read_text()
    assert not (runs / "table.md").exists()
    assert "table_expert.csv" in capsys.readouterr().out.splitlines()[-1]


def test_experts_have_nothing_to_evaluate(tmp_path, monkeypatch, capsys):
    write_run(tmp_path, "expert", 1, [0.4], task="SyncNetTask")
    words = ["wav2lip", "ablations", str(tmp_path), "--evaluate", "input=CLIPS"]
    monkeypatch.setattr("sys.argv", words)
    with pytest.raises(SystemExit) as stop:
        main()
    assert stop.value.code == 2
    assert "no run has trained a generator; leave --evaluate out" in capsys.readouterr().err
