import csv
import json
import shutil
from dataclasses import dataclass
from functools import partial

import cv2
import numpy as np
import pytest
from rich.console import Console

from tests.meshes import meshes
from wav2lip.errors import InputError
from wav2lip.evaluation import segments, sound_reader
from wav2lip.evaluation.clip_rows import ClipRows
from wav2lip.evaluation.evaluator import Evaluator
from wav2lip.evaluation.face_tracks import FaceTracks
from wav2lip.evaluation.pairs import Pair
from wav2lip.evaluation.plot_files import write_plots
from wav2lip.evaluation.protocols import LISTED, choose_protocols
from wav2lip.evaluation.records import ClipRecords
from wav2lip.evaluation.report import write_results
from wav2lip.evaluation.result_table import result_table
from wav2lip.evaluation.results import Results
from wav2lip.evaluation.run import plan_pairs, run_pairs
from wav2lip.evaluation.scorer import Scoring
from wav2lip.evaluation.segments import LargestFace, frames_at_25, read_pcm
from wav2lip.evaluation.summary import summarise
from wav2lip.evaluation.systems import (
    FIRST_FRAME,
    FIRST_FRAME_OTHER,
    FROZEN,
    GENERATED,
    LATE,
    OTHER_AUDIO,
    REAL,
    SILENCE,
    VIDEO,
)
from wav2lip.evaluation.terminal import print_results
from wav2lip.execution.pool import run_in_pool
from wav2lip.media.pcm import write_wav
from wav2lip.media.video import VideoWriter, read_image

ALONE = partial(run_in_pool, workers=1)


class Copier:
    """A generator that copies its source, and fails on one that is named bad."""

    def __call__(self, face, audio, output, *, warn_voiceless=True) -> None:
        if face.stem == "bad":
            raise ValueError("cannot render this")
        output.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(face, output)

    def frames(self, face, audio, *, warn_voiceless=True):
        raise AssertionError


class FrameCopier(Copier):
    """Copies, and yields its source's frames too."""

    def frames(self, face, audio, *, warn_voiceless=True):
        return frames_at_25(face)


@dataclass(frozen=True)
class Given:
    """Makes the evaluator that it is given."""

    evaluator: Evaluator

    def __call__(self) -> Evaluator:
        return self.evaluator


@pytest.fixture
def evaluate(planted, detector, tmp_path, monkeypatch):
    monkeypatch.setenv("WAV2LIP_CACHE", str(tmp_path / "cache"))

    def run(pairs, segmenter=None, generator=None, leak_seconds=0.0, **options: object):
        results = Results(planted.facts(), None, {})
        protocols = options.get("protocols", (LISTED,)) if generator else ()
        running = Evaluator(
            planted,
            segmenter or LargestFace(),
            detector,
            tmp_path / "out",
            Scoring(),
            generator,
            leak_seconds,
            **options,
        )
        jobs = plan_pairs(Given(running), pairs, protocols, tmp_path / "out")
        assert list(run_pairs(jobs, results, ALONE)) == pairs
        return results

    return run


def own(path):
    return Pair(path.stem, path, path)


def test_a_video_is_scored_beside_its_controls(evaluate, film):
    results = evaluate([own(film("talk.mp4", seconds=3.0))])
    assert [(row.clip, row.system) for row in results.clips] == [
        ("talk", VIDEO),
        ("talk", LATE),
        ("talk", FROZEN),
    ]
    video, late, frozen = (row.values for row in results.clips)
    assert (video["av_offset"], late["av_offset"]) == (2, -3)
    assert frozen["lse_c"] < 0.5 * video["lse_c"]
    assert "pause_motion_ratio" in video
    assert results.clips[0].sync.windows == 71  # all of 75 frames: no published judge here
    assert results.skipped == []


def test_damage_of_picture_and_sound_is_remarked(evaluate, film, tmp_path):
    path = film("talk.mp4", seconds=1.2)
    data = bytearray(path.read_bytes())
    at = data.index(b"mdat") + len(data) // 3
    data[at : at + 800] = bytes(800)
    (tmp_path / "hole.mp4").write_bytes(data)
    cut = tmp_path / "cut.wav"
    write_wav(cut, read_pcm(path))
    cut.write_bytes(cut.read_bytes()[:-12_000])
    results = evaluate([Pair("hole", tmp_path / "hole.mp4", cut)])
    remarks = results.of(VIDEO)[0].remarks
    assert any("damaged video packets were skipped" in line for line in remarks), remarks
    assert any("its header says" in line for line in remarks), remarks


def test_a_generator_is_scored_beside_the_real_videos(evaluate, film):
    one, two = film("talk.mp4", seconds=3.0), film("other.mp4", 1, 1.2)
    results = evaluate([own(one), Pair("mixed", one, two)], generator=Copier())
    assert results.systems() == [GENERATED, REAL, LATE, FROZEN]
    same, mixed = results.of(GENERATED)
    assert same.values["psnr"] == np.inf  # a copy
    assert np.isnan(mixed.values["psnr"])  # other words: no target
    assert mixed.values["jitter_ratio"] == 1.0
    assert mixed.sync.windows == 26
    (remark,) = mixed.remarks
    assert remark.endswith("s longer; its end is not scored")
    assert "pause_motion_ratio" in results.of(REAL)[0].values


def test_the_leak_probe_is_part_of_the_results(evaluate, film, tmp_path):
    one, two = film("talk.mp4", seconds=3.0), film("other.mp4", 1, 1.2)
    results = evaluate([own(one), own(two)], generator=FrameCopier(), leak_seconds=2.0)
    assert results.skipped == []
    first, second = results.of(GENERATED)
    # The planted judge embeds every sound alike, two frames off.
    assert first.values["agreement_swapped"] == pytest.approx(0, abs=0.6)
    assert first.values["agreement_swapped"] == first.values["agreement_source"]
    assert first.values["response"] == second.values["response"] == 0
    assert "agreement_swapped" not in results.of(REAL)[0].values
    ratio = summarise(results).means[GENERATED]["agreement_ratio"]
    assert (ratio.clips, ratio.missing) == (2, 0)
    summary = summarise(results)
    write_results(results, summary, result_table(results, summary), tmp_path)
    (row,) = (
        row
        for row in csv.DictReader((tmp_path / "summary.csv").open())
        if row["metric"] == "agreement_ratio"
    )
    assert row["system"] == GENERATED
    with (tmp_path / "table.txt").open("w") as file:
        print_results(results, result_table(results, summarise(results)), Console(file=file))
    assert "swapped / source" in (tmp_path / "table.txt").read_text()


def test_videos_made_before_are_compared_with_the_real_ones(evaluate, film):
    path = film("talk.mp4", seconds=3.0)
    results = evaluate([Pair("talk", path, path, real=path)])
    assert results.systems() == [VIDEO, REAL, LATE, FROZEN]
    assert results.of(VIDEO)[0].values["ssim"] == pytest.approx(1.0)


def test_nothing_is_dropped_in_silence(evaluate, film, tmp_path):
    good = film("talk.mp4", seconds=3.0)
    (tmp_path / "text.mp4").write_text("no film")
    bad = shutil.copy(good, tmp_path / "bad.mp4")
    pairs = [own(tmp_path / "text.mp4"), own(tmp_path / "none.mp4"), own(bad), own(good)]
    results = evaluate(pairs, generator=Copier(), leak_seconds=1.0)
    assert {row.clip for row in results.clips} == {"talk"}
    assert [(item.clip, item.what) for item in results.skipped] == [
        ("text", "everything"),
        ("none", "everything"),
        ("bad", "everything"),
        ("talk", "leak probe"),
    ]
    assert results.skipped[2].reason == "cannot render this"
    # Of the others two cannot be read, and one has the same sound.
    reason = "the leak probe requires a second pair with a different sound"
    assert results.skipped[3].reason == reason


def test_a_clip_that_was_scored_is_not_scored_again(planted, detector, film, tmp_path, monkeypatch):
    monkeypatch.setenv("WAV2LIP_CACHE", str(tmp_path / "cache"))
    pairs = [own(film("talk.mp4", seconds=3.0)), own(film("other.mp4", 1, 1.2))]
    records = ClipRecords(tmp_path, {"span": 1.0}, (planted.sha256, None))

    def start():
        running = Evaluator(planted, LargestFace(), detector, tmp_path, Scoring())
        results = Results(planted.facts(), None, {})
        return results, run_pairs(plan_pairs(Given(running), pairs), results, ALONE, records)

    _, running = start()
    next(running)  # then the process ends
    again, running = start()
    assert list(running) == pairs
    assert again.resumed == {"talk"}
    whole, running = start()
    list(running)
    assert whole.resumed == {"talk", "other"}
    assert [repr(row) for row in again.clips] == [repr(row) for row in whole.clips]


def test_every_face_track_is_a_clip(evaluate, film):
    results = evaluate([own(film("talk.mp4", seconds=3.0))], FaceTracks(min_frames=50))
    assert [row.clip for row in results.of(VIDEO)] == ["talk#0"]
    too_short = evaluate([own(film("talk.mp4", seconds=3.0))], FaceTracks(min_frames=100))
    assert "has 75 frames, and more than 100 are required" in too_short.skipped[0].reason


def test_results_as_files_and_table(evaluate, film, tmp_path):
    results = evaluate([own(film("talk.mp4", seconds=3.0)), own(film("other.mp4", 1, 1.2))])
    results.warnings.append("beware")
    summary = summarise(results)
    write_results(results, summary, result_table(results, summary), tmp_path)
    write_plots(results, tmp_path)
    rows = list(csv.DictReader((tmp_path / "clips.csv").open()))
    assert [row["system"] for row in rows] == [VIDEO, LATE, FROZEN] * 2
    assert rows[0]["judge"] == "planted 2"
    assert rows[0]["psnr"] == ""
    means = {
        (r["system"], r["metric"]): r for r in csv.DictReader((tmp_path / "summary.csv").open())
    }
    assert means[VIDEO, "av_offset"]["mean"] == "2"
    assert means[VIDEO, "lse_c"]["clips"] == "2"
    assert means[VIDEO, "lse_c"]["speakers"] == "2"
    assert means[VIDEO, "lse_c"]["low"] == ""  # two speakers have no interval
    everything = json.loads((tmp_path / "results.json").read_text())
    assert len(everything["clips"][0]["distances"]) == len(everything["av_offsets"]) == 31
    best = np.argmin(everything["clips"][0]["distances"])
    assert everything["av_offsets"][best] == 2
    assert everything["clips"][0]["curve"]["av_offset"] == [2, 2, 2]
    assert (tmp_path / "skipped.csv").read_text() == "clip,what,reason\n"
    assert (tmp_path / "left_out.csv").read_text().startswith("metric,clip\n")
    assert read_image(tmp_path / "distance.png").shape == (440, 770, 3)
    assert read_image(tmp_path / "confidence.png").shape == (440, 770, 3)
    with (tmp_path / "table.txt").open("w") as file:
        print_results(results, result_table(results, summarise(results)), Console(file=file))
    text = (tmp_path / "table.txt").read_text()
    assert "judge: planted 2" in text
    assert "warning: beware" in text
    assert "PSNR" not in text  # nothing there to show
    assert text.index(VIDEO) < text.index(LATE) < text.index(FROZEN)


def test_means_count_what_is_missing(evaluate, film):
    one, two = film("talk.mp4", seconds=3.0), film("other.mp4", 1, 1.2)
    results = evaluate([own(one), Pair("mixed", one, two)], generator=Copier())
    summary = summarise(results).means
    assert (
        summary[GENERATED]["jitter_ratio"].clips,
        summary[GENERATED]["jitter_ratio"].missing,
    ) == (2, 0)
    assert summary[GENERATED]["ssim"].missing == 1
    assert "psnr" not in summary[GENERATED]  # infinite for a copy, and no target for the other


def test_every_file_is_decoded_once(evaluate, film, monkeypatch):
    decoded = []

    def count(read):
        def counted(path, *rest: object, **options: object):
            decoded.append((read.__name__, path.name))
            return read(path, *rest, **options)

        return counted

    for name in ("read_frames", "load_wav"):
        read = getattr(segments, name)
        monkeypatch.setattr(segments, name, count(read))
    monkeypatch.setattr(sound_reader, "read_pcm", segments.read_pcm)
    one, two = film("talk.mp4", seconds=3.0), film("other.mp4", 1, 1.2)
    results = evaluate([own(one), Pair("mixed", two, one)], generator=Copier())
    assert results.skipped == []
    videos = sorted(name for kind, name in decoded if kind == "read_frames")
    assert videos == ["mixed.mp4", "other.mp4", "talk.mp4", "talk.mp4"]  # the source, the copy
    assert sorted(name for kind, name in decoded if kind == "load_wav") == ["other.mp4", "talk.mp4"]
    decoded.clear()
    evaluate([own(one)], FaceTracks(min_frames=50))
    assert decoded.count(("read_frames", "talk.mp4")) == 2  # tracks first, then their boxes


def test_a_generated_still_is_measured_without_its_source(evaluate, film, tmp_path):
    class Filmer(Copier):
        def __call__(self, face, audio, output, *, warn_voiceless=True) -> None:
            super().__call__(audio, audio, output)

    still, talk = tmp_path / "still.png", film("talk.mp4", seconds=3.0)
    cv2.imwrite(str(still), np.zeros((64, 64, 3), np.uint8))
    results = evaluate([Pair("still", still, talk)], generator=Filmer())
    assert results.systems() == [GENERATED, LATE, FROZEN]
    assert "pause_motion_ratio" in results.of(GENERATED)[0].values
    (skipped,) = results.skipped
    assert skipped.what == REAL
    assert skipped.reason == f"{still}: a photo, so there is no real video to compare with"
    assert skipped.lacking  # so that the pair has a record, and is not scored again


class StillFilmer(FrameCopier):
    """Copies a video, and films a photo for as long as the sound is."""

    def __call__(self, face, audio, output, *, warn_voiceless=True) -> None:
        if face.suffix != ".png":
            super().__call__(face, audio, output)
            return
        image = read_image(face)
        height, width = image.shape[:2]
        with VideoWriter(output, width, height, 25) as writer:
            for k in range(len(read_pcm(audio)) // 640):
                writer.write(image, k / 25)


def mesh_of(image, region):
    """A mesh at the place of `FixedDetector`, its mouth the wider open the darker the picture is there."""
    opening = (255 - image[100:125, 60:100].mean()) / 500
    return 0.5 * meshes([opening])[0] + np.array([80, 83, 0], np.float32), 1.0


def test_every_protocol_is_a_row_over_the_same_clips(evaluate, film, tmp_path):
    given = [own(film("talk.mp4", seconds=3.0)), own(film("other.mp4", 1, 1.2))]
    protocols, _ = choose_protocols(["reconstruction", "still", "still_cross", "cross", "silence"])
    results = evaluate(given, generator=StillFilmer(), protocols=protocols, mesh=mesh_of)
    assert results.skipped == []
    assert results.systems() == [
        GENERATED, FIRST_FRAME, FIRST_FRAME_OTHER, OTHER_AUDIO, SILENCE, REAL, LATE, FROZEN,
    ]  # fmt: skip
    copy, still, other, silent, real = (
        results.of(system)[0].values
        for system in (GENERATED, FIRST_FRAME, OTHER_AUDIO, SILENCE, REAL)
    )
    assert copy["opening_correlation"] == pytest.approx(1)
    assert (copy["opening_range"], copy["lmd_box"]) == (pytest.approx(1), pytest.approx(0))
    assert still["opening_range"] == pytest.approx(0, abs=0.05)  # the codec's noise
    assert abs(still["opening_correlation"]) < 0.6
    assert np.isnan(still["lmd_box"])
    assert "psnr" not in still
    own_sync, other_sync = (
        results.of(system)[0].values for system in (FIRST_FRAME, FIRST_FRAME_OTHER)
    )
    differences = (own_sync[key] - other_sync[key] for key in ("lse_c", "lse_d"))
    assert still["lsd_first_frame"] == pytest.approx(sum(map(abs, differences)) / 2)
    assert "opening_correlation" not in other  # the true mouth says something else
    assert 0 <= silent["lip_leak"] == 1 - silent["closed_share"]
    assert real["lip_dynamics"] == copy["lip_dynamics"] > 0
    means = summarise(results).means
    assert means[FIRST_FRAME]["opening_correlation"].clips == 2
    assert (tmp_path / "out" / "cross.csv").is_file()


def test_a_row_that_cannot_be_scored_leaves_the_others(evaluate, film, monkeypatch):
    add = ClipRows.add

    def refuse(self, results, pair, clip, system, parts, values=None, mouth=None):
        if system == GENERATED:
            raise InputError("too short to judge")
        add(self, results, pair, clip, system, parts, values, mouth)

    monkeypatch.setattr(ClipRows, "add", refuse)
    results = evaluate([own(film("talk.mp4", seconds=3.0))], generator=Copier())
    assert results.systems() == [REAL, LATE, FROZEN]
    assert [(item.what, item.reason) for item in results.skipped] == [
        (GENERATED, "too short to judge")
    ]


def test_protocols_need_a_generator(evaluate, film):
    protocols, _ = choose_protocols(["still"])
    with pytest.raises(InputError, match="protocols need a generator"):
        evaluate([own(film("talk.mp4", seconds=3.0))], protocols=protocols)
