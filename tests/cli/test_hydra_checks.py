"""What the Hydra commands report before anything heavy is imported."""

import subprocess
import sys
from pathlib import Path

import pytest

from wav2lip.cli import main as program
from wav2lip.cli.hydra_checks import prepare
from wav2lip.cli.hydra_command import HYDRA_COMMANDS
from wav2lip.clips import write_manifest
from wav2lip.errors import InputError
from wav2lip.utils.locks import locked_folder

ROOT = Path(__file__).resolve().parents[2]
TRAIN = HYDRA_COMMANDS["train"]


@pytest.fixture
def clips(tmp_path: Path) -> str:
    (tmp_path / "clips").mkdir()
    write_manifest(tmp_path / "clips" / "manifest.csv", [])
    return f"data.manifests=[{tmp_path / 'clips'}]"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("manifests=[a]", "config: unknown key manifests; did you mean data.manifests?"),
        ("data.manifest=[a]", "config: unknown key data.manifest; did you mean data.manifests?"),
        ("experment=syncnet", "config: unknown key experment; did you mean experiment?"),
        (
            "experiment=synclet",
            "config: unknown experiment=synclet; did you mean experiment=syncnet",
        ),
        ("experiment=no_gan", "did you mean experiment=ablation/no_gan?"),
        ("experiment=qqq", "config: unknown experiment=qqq; choose one of ablation/"),
        ("qqq=1", "config: unknown key qqq; the valid keys there are "),
        ("seed=1", "no experiment given; try experiment=syncnet"),
        ("experiment=syncnet", "config: data.manifests must be given; add data.manifests=..."),
        ("experiment=syncnet data.manifests=[no/where]", "no/where: no such file or directory"),
        ("experiment=syncnet seed=1,2", "Ambiguous value for argument 'seed=1,2'"),
        ("--multrun", "unknown option --multrun; did you mean --multirun?"),
        ("--seed 1", "unknown option --seed; write seed=VALUE"),
        ("syncnet", "'syncnet': expected key=value"),
    ],
)
def test_mistakes_are_one_line(words: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        prepare(TRAIN, words.split())
    assert message in " ".join(str(caught.value).split())


def test_good_words_pass(clips: str) -> None:
    words = ["experiment=syncnet", clips, "seed=3", "++task.optimizer.lr=1e-3"]
    quoted = clips.replace("[", "['").replace("]", "']")
    assert prepare(TRAIN, words) == [words[0], quoted, *words[2:]]


def test_every_value_of_a_sweep_is_checked(clips: str) -> None:
    quoted = clips.replace("[", "['").replace("]", "']")
    words = ["-m", "experiment=syncnet,published/syncnet", quoted, "seed=1,2"]
    assert prepare(TRAIN, words) == words
    with pytest.raises(InputError, match="did you mean experiment=syncnet"):
        prepare(TRAIN, ["-m", "experiment=syncnet,synclet", clips])


def test_a_checkpoint_may_be_a_name(clips: str) -> None:
    words = ["experiment=finetune_speaker", clips, "init_from=default"]
    assert prepare(TRAIN, words) is not None
    with pytest.raises(InputError, match=r"no\.ckpt: no such file or directory; check init_from"):
        prepare(TRAIN, [*words[:2], "init_from=no.ckpt"])


def test_hydras_own_views_of_the_config_are_not_checked() -> None:
    assert prepare(TRAIN, ["--cfg", "job"]) == ["--cfg", "job"]


def test_a_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(
        InputError, match=r"^wav2lip train needs the extra \[train\]: .*pip install"
    ):
        prepare(TRAIN, [])


def test_audit_takes_its_folder_as_the_first_word(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "clips (1)"
    folder.mkdir()
    write_manifest(folder / "manifest.csv", [])
    words = [str(folder), "expert=bundled:judge"]
    assert prepare(HYDRA_COMMANDS["audit"], words) == [
        f"clips='{folder}'",
        "expert='bundled:judge'",
    ]
    (tmp_path / "a=b").mkdir()
    write_manifest(tmp_path / "a=b" / "manifest.csv", [])
    monkeypatch.chdir(tmp_path)
    words = prepare(HYDRA_COMMANDS["audit"], ["a=b", "expert=bundled:judge"])
    assert words == ["clips='a=b'", "expert='bundled:judge'"]
    with pytest.raises(InputError, match="nowhere: no such file or directory; check clips"):
        prepare(HYDRA_COMMANDS["audit"], ["nowhere", "expert=bundled:judge"])


@pytest.mark.parametrize("name", ["preprocess", "train", "evaluate", "audit"])
def test_help_explains_the_commands_own_keys(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert prepare(HYDRA_COMMANDS[name], ["--help"]) is None
    text = capsys.readouterr().out
    assert text.startswith(f"usage: wav2lip {name} ")
    own = {
        "preprocess": "  val_share=",
        "train": "  data.manifests ",
        "evaluate": "  leak_seconds=",
        "audit": "  min_agreement=",
    }
    assert {key for key, line in own.items() if line in text} == {name}
    assert "hydra.run" not in text
    assert "(required)" in text


def test_help_follows_the_chosen_experiment(capsys: pytest.CaptureFixture[str]) -> None:
    prepare(TRAIN, ["--help", "experiment=wav2lip"])
    text = capsys.readouterr().out
    assert "\ntask=wav2lip  (one of: " in text
    assert "  task.expert" in text
    assert "  task.generator.width=0.75" in text  # the chosen network, under its full key
    assert "  data.dataset.augment.gain=8.0" in text
    assert "  Small generator" in text


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["trian"], "error: unknown command 'trian'; did you mean train?"),
        (["train", "manifests=[a]"], "error: config: unknown key manifests; did you mean data.m"),
        (["evaluate", "input=none.mp4"], "error: none.mp4: no such file or directory; check input"),
        (["evaluate", "input=data", "protocol=[leak]"], "error: protocol leak: a generator makes"),
        (
            ["preprocess", "input=docs", "output=o"],
            "error: docs: contains no video; known suffixes",
        ),
        (["audit", "docs", "expert=bundled:judge"], "error: docs/manifest.csv: no such manifest;"),
        (
            ["infer", "--face", "none.png", "--audio", "a"],
            "error: none.png: no such file; check --f",
        ),
    ],
)
def test_a_mistake_is_reported_within_two_seconds(words: list[str], message: str) -> None:
    code = (
        "import atexit, sys, time\n"
        "atexit.register(lambda: print('torch' in sys.modules, time.process_time() < 2))\n"
        "from wav2lip.cli.main import main; main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *words], capture_output=True, text=True, cwd=ROOT
    )
    assert (done.returncode, done.stdout) == (2, "False True\n")
    assert done.stderr.startswith(message)
    assert len(done.stderr.splitlines()) == 1


def test_help_of_the_program_lists_the_commands(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["wav2lip", "--help"])
    program.main()
    text = capsys.readouterr().out
    names = ["preprocess", "train", "infer", "evaluate", "export", "audit", "ablations"]
    assert [name for name in names if f"\n  {name} " not in text] == []


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("preprocess", "input=. output=run"),
        ("train", "experiment=syncnet data.manifests=[.] run=run"),
        ("evaluate", "input=. output=run"),
        ("audit", "run expert=bundled:judge"),
    ],
)
def test_a_folder_in_use_is_refused_before_anything_is_written(
    command: str, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    checked = HYDRA_COMMANDS[command]
    with (
        locked_folder(Path("run")),
        pytest.raises(InputError, match=r"run: process \d+ on .* writes to this folder"),
    ):
        prepare(checked, words.split())
    assert not Path("run").exists()
    Path("run").mkdir()
    Path("a.mp4").touch()
    for folder in (tmp_path, tmp_path / "run"):
        write_manifest(folder / "manifest.csv", [])
    assert prepare(checked, words.split())
    assert [path.name for path in Path("run").iterdir()] == ["manifest.csv"]


@pytest.mark.parametrize(
    ("experiment", "before"),
    [
        ("bundled/mesh_generator", "bundled/lip_motion"),
        ("bundled/lip_motion", "bundled/mesh_expert"),
    ],
)
def test_an_experiment_without_the_one_before_names_it(
    experiment: str, before: str, clips: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=f"does not exist yet; run experiment={before} first"):
        prepare(TRAIN, [f"experiment={experiment}", clips])


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder, with videos/a.mp4 (empty), the empty folder none, and lists."""
    monkeypatch.chdir(tmp_path)
    for name in ("videos", "none"):
        (tmp_path / name).mkdir()
    (tmp_path / "videos" / "a.mp4").touch()
    write_manifest(tmp_path / "videos" / "manifest.csv", [])
    for name, text in (
        ("head.csv", "a,b\nx,y\n"),
        ("gone.csv", "face,audio\ngone.mp4,gone.wav\n"),
        ("cell.csv", "face,audio\na.mp4,\n"),
        ("two.txt", "x/1 y/2\n"),
        ("three.txt", "a b c\n"),
        ("splits.csv", "file,split\na.mp4,dev\n"),
    ):
        (tmp_path / name).write_text(text)
    return tmp_path


VIDEOS, GENERATED = "input=videos", "input=videos checkpoint=bundled:generator"


@pytest.mark.parametrize(
    ("command", "words", "message"),
    [
        ("evaluate", f"{VIDEOS} protocol=[leak]", "protocol leak: a generator makes its videos"),
        ("evaluate", f"{VIDEOS} protocol=[leek]", "unknown 'leek'; did you mean leak?"),
        ("evaluate", f"{GENERATED} protocol=sync_check", "sync_check: scores videos as they are"),
        ("evaluate", f"{GENERATED} protocol=cross", "give two clips with different sounds or more"),
        (
            "evaluate",
            f"{GENERATED} output=videos/out",
            "videos/out: is in the input folder videos, so",
        ),
        (
            "evaluate",
            f"{VIDEOS} checkpoint=bundled:judge",
            "not a generator; use bundled:generator",
        ),
        ("evaluate", f"{VIDEOS} checkpoint=nobody", "nobody: no such checkpoint file, and not one"),
        ("evaluate", f"{VIDEOS} judge_weights=default", "is a generator, not a sync expert; use"),
        ("evaluate", f"{VIDEOS} real=none", "none: has no video for those of videos; give"),
        ("evaluate", "input=none", "none: contains no video; known suffixes"),
        ("evaluate", "pairs=pairs input=head.csv", "must name the columns face, audio"),
        ("evaluate", "pairs=pairs input=cell.csv", "line 2: a cell is empty; fill face and audio"),
        (
            "evaluate",
            "pairs=pairs input=gone.csv",
            "no pair of this list exists, the first is gone",
        ),
        ("evaluate", "pairs=lrs2 input=two.txt", "give the data set's folder with root="),
        ("evaluate", "pairs=lrs2 input=two.txt root=none", "the first is none/y/2.mp4; check root"),
        ("evaluate", "pairs=lrs3 input=three.txt root=none", "line 1: expected two names"),
        ("evaluate", "pairs=lrw input=two.txt root=none", "the first is none/y/2.mp4; check root"),
        ("evaluate", "pairs=hdtf input=two.txt root=none", "none/x/1 y/2.mp4; check root"),
        ("evaluate", "pairs=resynced input=two.txt root=none", "the first is none/x/1; check root"),
        ("evaluate", "pairs=manifest input=none root=.", "none/manifest.csv: no such manifest"),
        ("preprocess", "input=none output=o", "none: contains no video; known suffixes"),
        ("preprocess", "input=head.csv output=o", "head.csv: a CSV list requires a column 'file'"),
        ("preprocess", "input=videos output=o splits=splits.csv", "line 2: unknown split 'dev'"),
        (
            "preprocess",
            "input=videos output=o audit.expert=x",
            "x: no such checkpoint file, and not",
        ),
        (
            "audit",
            "none expert=bundled:judge",
            "none/manifest.csv: no such manifest; run preprocess",
        ),
        ("audit", "videos expert=nobody", "nobody: no such checkpoint file, and not one of"),
        (
            "train",
            "experiment=syncnet data.manifests=[none]",
            "none/manifest.csv: no such manifest",
        ),
    ],
)
def test_what_files_contain_is_checked_before_anything_heavy_is_imported(
    command: str, words: str, message: str, place: Path
) -> None:
    del place
    with pytest.raises(InputError) as caught:
        prepare(HYDRA_COMMANDS[command], words.split())
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
