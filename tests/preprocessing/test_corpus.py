import csv
import os
import shutil
from functools import partial
from pathlib import Path

import av
import pytest

from wav2lip.clips import read_manifest
from wav2lip.errors import InputError
from wav2lip.execution.pool import run_in_pool
from wav2lip.preprocessing import jobs as jobs_module
from wav2lip.preprocessing.corpus import plan_jobs, preprocess
from wav2lip.preprocessing.settings import ClipSettings
from wav2lip.synthetic.clips import synthesize, write_synthetic_video

ALONE = partial(run_in_pool, workers=1)


@pytest.fixture(scope="module")
def videos(tmp_path_factory):
    """Three talking faces and a file that is no video."""
    folder = tmp_path_factory.mktemp("videos")
    (folder / "ann").mkdir()
    for name, seed in (("ann/one.mp4", 1), ("ann/two.mp4", 2), ("bob.mp4", 3)):
        write_synthetic_video(folder / name, synthesize(seed, 1.2, size=200))
    (folder / "broken.mp4").write_text("no video")
    return folder


def jobs_of(videos, output, **changes: object):
    return plan_jobs(videos, output, ClipSettings(), detector="hog", **changes)


def failures(folder):
    with (folder / "failures.csv").open(newline="") as file:
        return [tuple(row) for row in csv.reader(file)]


def test_a_speaker_is_the_first_folder_and_stays_in_one_split(videos, tmp_path):
    jobs = jobs_of(videos, tmp_path)
    assert [(j.video.source, j.video.speaker) for j in jobs] == [
        ("ann/one.mp4", "ann"),
        ("ann/two.mp4", "ann"),
        ("bob.mp4", "bob"),
        ("broken.mp4", "broken"),
    ]
    assert jobs[0].video.split == jobs[1].video.split


def test_given_splits_win(videos, tmp_path):
    (tmp_path / "splits.csv").write_text(
        "file,split,speaker\nbob.mp4,test,robert\nann/one.mp4,val,\n"
    )
    jobs = jobs_of(videos, tmp_path, splits=tmp_path / "splits.csv", val_share=0.0)
    assert [(j.video.split, j.video.speaker) for j in jobs[:3]] == [
        ("val", "ann"),
        ("val", "ann"),  # not listed, but the same person
        ("test", "robert"),
    ]


@pytest.mark.parametrize("form", ["{0}", "./{0}", "{1}/{0}", "../{2}/{0}"])
def test_entries_of_a_list_keep_their_splits_however_they_are_written(videos, tmp_path, form):
    sources = ["ann/one.mp4", "ann/two.mp4", "bob.mp4"]
    rows = [(form.format(s, videos, videos.name), f"who{i}") for i, s in enumerate(sources)]
    for columns, split in (("file,split,speaker", "test,"), ("file,speaker", "")):
        lines = [columns, *(f"{entry},{split}{who}" for entry, who in rows)]
        table = videos / "list.csv"
        table.write_text("\n".join(lines) + "\n")
        jobs = plan_jobs(table, tmp_path / "out", ClipSettings(), detector="hog")
        assert sorted(job.video.speaker for job in jobs) == ["who0", "who1", "who2"]
        if split:
            assert {job.video.split for job in jobs} == {"test"}
        table.unlink()


def test_a_list_of_splits_that_names_no_video_is_refused(videos, tmp_path):
    (tmp_path / "splits.csv").write_text("file,split\nvids/ada/1.mp4,test\n")
    with pytest.raises(InputError, match=r"none of its 1 entries, such as vids/ada/1\.mp4, is a"):
        jobs_of(videos, tmp_path / "out", splits=tmp_path / "splits.csv")


def test_killed_half_way_and_run_again_ends_with_the_same_manifest(videos, tmp_path, monkeypatch):
    whole, halved = tmp_path / "whole", tmp_path / "halved"
    preprocess(jobs_of(videos, whole), whole, ALONE)
    assert len(read_manifest(whole)) == 3
    assert failures(whole)[0] == ("source", "reason")
    assert [source for source, _ in failures(whole)[1:]] == ["broken.mp4"]
    assert "broken.mp4" in failures(whole)[1][1]
    assert (whole / "dropped.csv").read_text().startswith("source,start,end,frames,reason\n")

    real, calls = jobs_module.video_to_clips, []

    def killed(video, *rest: object):
        calls.append(video.source)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return real(video, *rest)

    monkeypatch.setattr(jobs_module, "video_to_clips", killed)
    with pytest.raises(KeyboardInterrupt):
        preprocess(jobs_of(videos, halved), halved, ALONE)
    assert not (halved / "manifest.csv").exists()
    preprocess(jobs_of(videos, halved), halved, ALONE)
    assert calls == ["ann/one.mp4", "ann/two.mp4", "ann/two.mp4", "bob.mp4", "broken.mp4"]
    assert (halved / "manifest.csv").read_bytes() == (whole / "manifest.csv").read_bytes()
    assert failures(halved)[1:] == failures(whole)[1:]
    assert (halved / "dropped.csv").read_bytes() == (whole / "dropped.csv").read_bytes()

    # Nothing is decoded again, not even for another split; what lost its clip is.
    preprocess(jobs_of(videos, halved, val_share=1.0), halved, ALONE)
    assert len(calls) == 5
    assert {row.split for row in read_manifest(halved)} == {"val"}
    (lost,) = [row.clip for row in read_manifest(halved) if row.source == "bob.mp4"]
    (halved / lost).unlink()
    preprocess(jobs_of(videos, halved), halved, ALONE)
    assert calls[5:] == ["bob.mp4"]
    assert (halved / "manifest.csv").read_bytes() == (whole / "manifest.csv").read_bytes()


@pytest.mark.parametrize("workers", [1, 2])
def test_a_bad_entry_is_one_failed_row(videos, tmp_path, workers):
    folder, output = tmp_path / "in", tmp_path / "out"
    folder.mkdir()
    shutil.copy(videos / "bob.mp4", folder / "good.mp4")
    (folder / "link.mp4").symlink_to("nowhere.mp4")
    latin = os.fsencode(folder) + b"/caf\xe9"
    shutil.copy(os.fsencode(videos / "bob.mp4"), latin + b".mp4")
    Path(os.fsdecode(latin + b"-broken.mp4")).write_text("no video")
    (folder / "list.csv").write_text(f'file\n""\ngood.mp4\n{"x" * 5000}\n')
    run = partial(run_in_pool, workers=workers)
    preprocess(jobs_of(folder, output), output, run)
    assert {row.source for row in read_manifest(output)} == {"good.mp4", "caf\\xe9.mp4"}
    assert [source for source, _ in failures(output)[1:]] == ["caf\\xe9-broken.mp4", "link.mp4"]
    assert "is a link to nowhere.mp4, which does not exist" in failures(output)[2][1]
    listed = tmp_path / "listed"
    preprocess(jobs_of(folder / "list.csv", listed), listed, run)
    assert [row.source for row in read_manifest(listed)] == ["good.mp4"]
    assert [source[:10] for source, _ in failures(listed)[1:]] == ["entry 1: (", "entry 3: x"]


def damaged_copy(video, target):
    """The same packets in an mkv, without those of the sound from 0.4 to 0.6 s."""
    with av.open(str(video)) as source, av.open(str(target), "w") as output:
        streams = {s.index: output.add_stream_from_template(s) for s in source.streams}
        for packet in source.demux():
            lost = (
                packet.stream.type == "audio" and 0.4 < (packet.pts or 0) * packet.time_base < 0.6
            )
            if packet.dts is not None and not lost:
                packet.stream = streams[packet.stream.index]
                output.mux(packet)


def test_what_was_read_in_part_is_remarked_in_a_rerun_too(videos, tmp_path):
    folder, output = tmp_path / "in", tmp_path / "out"
    folder.mkdir()
    shutil.copy(videos / "bob.mp4", folder / "good.mp4")
    damaged_copy(videos / "bob.mp4", folder / "gap.mkv")
    for _ in range(2):
        preprocess(jobs_of(folder, output), output, ALONE)
        head, row = (output / "remarks.csv").read_text().splitlines()
        assert head == "source,remark"
        assert row == "gap.mkv,0.19 s of the sound are missing in 1 places: they are silent"
        assert failures(output) == [("source", "reason")]


def test_a_larger_limit_of_pixels_tries_the_refused_videos_again(videos, tmp_path, monkeypatch):
    monkeypatch.setenv("WAV2LIP_MAX_PIXELS", "")  # restored at the end
    folder, output = tmp_path / "in", tmp_path / "out"
    folder.mkdir()
    shutil.copy(videos / "bob.mp4", folder / "a.mp4")
    with pytest.raises(InputError, match="200x200 pixels are too many, the limit is 39999"):
        preprocess(jobs_of(folder, output, max_pixels=39_999), output, ALONE)
    preprocess(jobs_of(folder, output, max_pixels=40_000), output, ALONE)
    assert [row.source for row in read_manifest(output)] == ["a.mp4"]


def test_a_corpus_that_gives_nothing_is_named(tmp_path):
    (tmp_path / "a.mp4").write_text("no video")
    output = tmp_path / "out"
    with pytest.raises(
        InputError,
        match=r"no clip could be extracted from any of 1 videos; the first error: .*a\.mp4",
    ):
        preprocess(jobs_of(tmp_path, output), output, ALONE)
    assert Path(output / "failures.csv").is_file()


def test_an_unknown_detector_is_refused_before_any_work(videos, tmp_path):
    jobs = plan_jobs(videos, tmp_path / "out", ClipSettings(), detector="magic")
    with pytest.raises(InputError, match="unknown face detector 'magic'"):
        preprocess(jobs, tmp_path / "out", ALONE)
    assert not (tmp_path / "out").exists()
