"""No command writes over a file that it reads, nor twice to one file."""

import os
from pathlib import Path

import pytest

from wav2lip.cli.hydra_checks import prepare
from wav2lip.cli.hydra_command import HYDRA_COMMANDS
from wav2lip.cli.infer_options import check_files, parse
from wav2lip.errors import InputError
from wav2lip.inference.batch_jobs import Job, check_jobs
from wav2lip.utils.outputs import check_outputs

FILES = {name: f"{name}.bin" for name in ("face", "audio", "checkpoint", "detector_weights")}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def spellings(path: Path) -> list[Path]:
    """Other paths of the same file."""
    links = path.parent / "links"
    links.mkdir()
    (links / "soft").symlink_to(path)
    (links / "hard").hardlink_to(path)
    (path.parent / "here").symlink_to(path.parent)
    return [
        path,
        Path(path.name),
        Path("links", "..", path.name),
        links / "soft",
        links / "hard",
        path.parent / "here" / path.name,
    ]


def test_an_input_is_found_however_its_path_is_written(folder: Path) -> None:
    face = folder / "face.mp4"
    face.touch()
    for path in spellings(face):
        for output, source in ((path, face), (face, path)):
            with pytest.raises(InputError, match="is the face itself; choose another report"):
                check_outputs([("output", "o.mp4"), ("report", output)], [("face", source)])


def test_two_outputs_are_compared_before_they_exist(folder: Path) -> None:
    (folder / "here").symlink_to(folder)
    for path in ("new/o.mp4", "./new/../new/o.mp4", "here/new/o.mp4", folder / "new" / "o.mp4"):
        with pytest.raises(InputError, match="is both the output and the report; choose another"):
            check_outputs([("output", "new/o.mp4"), ("report", path)], [])
    check_outputs([("output", "new/o.mp4"), ("report", "o.mp4"), ("strip", None)], [])


@pytest.mark.skipif(os.name == "nt", reason="devices of POSIX")
def test_a_device_may_be_used_twice() -> None:
    check_outputs([("output", "/dev/null"), ("report", "/dev/null")], [("audio", "/dev/null")])


@pytest.mark.parametrize("written", ["output", "report", "strip"])
@pytest.mark.parametrize("read", [*FILES, "judge_weights"])
def test_infer_refuses_to_write_over_an_input(folder: Path, written: str, read: str) -> None:
    words = []
    for name, file in {**FILES, "judge_weights": "judge.bin"}.items():
        Path(file).write_bytes(b"x")
        words += [f"--{name}", file]
    words += ["--output", "o.mp4", "--report", "r.json", "--strip", "s.png"]
    check_files(parse(words))
    target = words[words.index(f"--{read}") + 1]
    with pytest.raises(InputError, match=f"{target}: is the .* itself; choose another {written}"):
        check_files(parse([*words, f"--{written}", target]))


@pytest.mark.parametrize(
    "words", [["--report", "o.mp4"], ["--strip", "o.mp4"], ["--report", "s.png"]]
)
def test_infer_refuses_two_outputs_in_one_file(folder: Path, words: list[str]) -> None:
    for file in FILES.values():
        Path(file).write_bytes(b"x")
    given = [word for name, file in FILES.items() for word in (f"--{name}", file)]
    given += ["--output", "o.mp4", "--strip", "s.png"]
    with pytest.raises(InputError, match="is both the"):
        check_files(parse([*given, *words]))


def test_the_table_of_jobs_is_not_the_report(folder: Path) -> None:
    Path("jobs.csv").touch()
    with pytest.raises(InputError, match="is the table of jobs itself; choose another report"):
        check_files(parse(["--jobs", "jobs.csv", "--report", "./jobs.csv"]))


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([("a.png", "a.wav", "a.png")], "a.png: is the face of line 2 itself"),
        ([("a.png", "a.wav", "1.mp4"), ("b.png", "b.wav", "a.wav")], "is the audio of line 2"),
        ([("a.png", "a.wav", "1.mp4"), ("1.mp4", "b.wav", "2.mp4")], "is the face of line 3"),
        ([("a.png", "a.wav", "1.mp4"), ("b.png", "b.wav", "x/../1.mp4")], "both the output of"),
        (
            [("a.png", "a.wav", "a.mp4")],
            "a.png: is the face of line 2 itself; choose another strip",
        ),
        ([("b.png", "a.wav", "r.json")], "is both the report and the output of line 2"),
        ([("b.png", "a.wav", "jobs.csv")], "is the table of jobs itself"),
    ],
)
def test_a_job_writes_over_no_file_of_any_job(
    folder: Path, rows: list[tuple[str, str, str]], message: str
) -> None:
    jobs = [Job(*map(Path, row), line) for line, row in enumerate(rows, start=2)]
    with pytest.raises(InputError, match=message):
        check_jobs(jobs, Path("x.png"), [("report", "r.json")], [("table of jobs", "jobs.csv")])


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("preprocess", "input=o/failures.csv output=o"),
        ("preprocess", "input=o/dropped.csv output=o"),
        ("preprocess", "input=v output=o splits=o/manifest.csv"),
        ("preprocess", "input=v output=o audit.expert=o/audit.png"),
        ("evaluate", "input=o/clips.csv pairs=pairs output=o"),
        ("evaluate", "input=v real=o/results.json output=o"),
        ("evaluate", "input=v checkpoint=o/skipped.csv output=o"),
        ("audit", "clips=o expert=o/rejected.csv"),
        (
            "train",
            "experiment=finetune_speaker data.manifests=[o] run=o init_from=o/checkpoints/best.ckpt",
        ),
        (
            "train",
            "experiment=wav2lip data.manifests=[o] run=o task.expert=o/checkpoints/last.ckpt",
        ),
    ],
)
def test_the_other_commands_refuse_to_write_over_an_input(
    folder: Path, command: str, words: str
) -> None:
    for name in (
        "failures.csv",
        "dropped.csv",
        "manifest.csv",
        "audit.png",
        "clips.csv",
        "results.json",
    ):
        Path("o/checkpoints").mkdir(parents=True, exist_ok=True)
        Path("o", name).touch()
    for name in ("skipped.csv", "rejected.csv", "checkpoints/best.ckpt", "checkpoints/last.ckpt"):
        Path("o", name).touch()
    Path("v").mkdir()
    with pytest.raises(InputError, match=r"itself; choose another (output|run|clips)"):
        prepare(HYDRA_COMMANDS[command], words.split())
