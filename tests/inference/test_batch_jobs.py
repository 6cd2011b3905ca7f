import json
import signal
from pathlib import Path

import pytest

from wav2lip.errors import InputError
from wav2lip.inference.batch_jobs import Job, read_jobs, run_jobs
from wav2lip.inference.report import Report, ranges
from wav2lip.utils.signals import Stopped


def made(job: Job, number: int) -> Report:
    if job.face.name == "bad.png":
        raise InputError("bad.png: no face")
    job.output.write_text("a video")
    return Report(str(job.output), str(job.face), str(job.audio), {}, {}, "cpu", frames=number)


def test_one_failure_does_not_stop_the_rest_and_a_second_run_resumes(tmp_path: Path) -> None:
    table = tmp_path / "jobs.csv"
    names = ["one.png", "bad.png", "two, and a comma.png"]
    rows = [f'"{name}",a.wav,{tmp_path / str(i)}.mp4\n' for i, name in enumerate(names)]
    table.write_text("\ufeffface,audio,output\n" + "".join(rows), encoding="utf-8")
    jobs = read_jobs(table)
    assert [str(job.face) for job in jobs] == names
    report = tmp_path / "out.json"
    assert run_jobs(jobs, made, report=report) == {"made": 2, "skipped": 0, "failed": 1}
    states = [row["state"] for row in json.loads(report.read_text())["jobs"]]
    assert states == ["made", "failed", "made"]
    assert json.loads(report.read_text())["jobs"][1]["error"] == "bad.png: no face"
    assert run_jobs(jobs, made) == {"made": 0, "skipped": 2, "failed": 1}


def test_a_job_knows_its_line_after_blank_ones_and_a_cell_of_two_lines(tmp_path: Path) -> None:
    table = tmp_path / "jobs.csv"
    table.write_text('sep=,\nface,audio,output\n\n"a\nb.png",a.wav,1.mp4\n\nc.png,a.wav,2.mp4\n')
    assert [job.line for job in read_jobs(table)] == [5, 7]


def test_an_interruption_says_how_many_are_done(tmp_path: Path) -> None:
    jobs = [Job(Path(n), Path("a.wav"), tmp_path / f"{n}.mp4") for n in ("1", "bad.png", "2", "3")]
    jobs[0].output.write_text("made before")

    def stopped(job: Job, number: int) -> Report:
        if job.face.name == "3":
            raise Stopped(signal.SIGINT)
        return made(job, number)

    with pytest.raises(Stopped) as stop:
        run_jobs(jobs, stopped)
    line = "interrupted; 2 of 4 videos are done; the same command does the others"
    assert stop.value.line() == line


def test_an_impossible_output_is_one_failed_job(tmp_path: Path) -> None:
    jobs = [Job(Path(n), Path("a.wav"), tmp_path / f"{n}.mp4") for n in ("1" * 300, "2")]
    assert run_jobs(jobs, made) == {"made": 1, "skipped": 0, "failed": 1}


def test_an_empty_output_is_not_finished(tmp_path: Path) -> None:
    job = Job(Path("1.png"), Path("a.wav"), tmp_path / "1.mp4")
    job.output.touch()
    assert run_jobs([job], made) == {"made": 1, "skipped": 0, "failed": 0}


def test_every_output_that_is_there_is_judged_made_now_or_before(tmp_path: Path) -> None:
    jobs = [Job(Path(name), Path("a.wav"), tmp_path / f"{name}.mp4") for name in ("1", "bad.png")]
    report = tmp_path / "out.json"

    def judge(video: Path) -> dict[str, str]:
        assert video.is_file()
        return {"of": video.name}

    for state in ("made", "skipped"):
        run_jobs(jobs, made, judge, report)
        first, second = json.loads(report.read_text())["jobs"]
        assert (first["state"], first["sync"]) == (state, {"of": "1.mp4"})
        assert "sync" not in second
    assert "sync" not in first.get("report", {})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no column face, audio, output"),
        ("face,audio\n", "no column output"),
        ("face,audio,output\n", "no rows"),
        ("face,audio,output\na,,c\n", "line 2: a cell is empty"),
        ("face,audio,output\na,b,c\nd,e,c\n", "line 3: c is written twice"),
    ],
)
def test_a_wrong_table_is_named(tmp_path: Path, text: str, message: str) -> None:
    table = tmp_path / "jobs.csv"
    table.write_text(text)
    with pytest.raises(InputError, match=message):
        read_jobs(table)


def test_frame_numbers_as_ranges() -> None:
    assert ranges([]) == []
    assert ranges([1, 2, 3, 7, 9, 10]) == [[1, 3], [7, 7], [9, 10]]
