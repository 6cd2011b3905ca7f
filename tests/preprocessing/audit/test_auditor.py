import csv
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from wav2lip.clips import ClipFile, read_manifest, write_manifest
from wav2lip.errors import InputError
from wav2lip.faces.detectors import build_detector
from wav2lip.metrics.offset import ClipOffset
from wav2lip.preprocessing.audit import auditor as module
from wav2lip.preprocessing.audit.auditor import SyncAuditor, audit_folder, face_crops
from wav2lip.preprocessing.audit.shift import shift_clip
from wav2lip.preprocessing.clip import Video, video_to_clips
from wav2lip.preprocessing.settings import ClipSettings
from wav2lip.synthetic.clips import synthesize, write_synthetic_clip

ROOT = Path(__file__).resolve().parents[3]
EXPERTS = (
    ROOT / "runs/syncnet/checkpoints/best.ckpt",
    ROOT / "wav2lip/assets/judge.onnx",
)
PLANTED = (-8, -6, -4, -2, -1, 0, 1, 2, 4, 6, 8)


def plant(folder, person, late, speech=None, seconds=3.0):
    """A clip of a stranger to the expert, whose sound comes `late` frames late."""
    clip = synthesize(person, seconds, size=86, av_offset=-late)
    if speech is not None:
        clip = replace(clip, wav=synthesize(speech, seconds, size=86).wav)
    return write_synthetic_clip(folder, f"p{person}", clip, image_size=48)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    """Planted offsets, one that is off too far, one dubbed, one too short: folder and rows."""
    folder = tmp_path_factory.mktemp("planted")
    rows = [plant(folder, 500 + i, late) for i, late in enumerate(PLANTED)]
    rows.append(plant(folder, 550, 13))
    rows.append(plant(folder, 551, 0, speech=900))
    rows.append(plant(folder, 552, 0, seconds=0.8))
    return folder, rows


def test_faces_are_those_that_a_dataset_shows(corpus):
    folder, rows = corpus
    file = ClipFile(folder / rows[0].clip)
    faces = face_crops(file, np.arange(2), 48)
    assert faces.shape == (2, 48, 48, 3)
    assert (faces == file.crops(np.arange(2))[:, 6:54, 6:54]).all()


@pytest.mark.slow
def test_planted_offsets_come_back_and_are_put_right(corpus, trained_expert):
    expert = trained_expert
    folder, rows = corpus
    kept = {row.source: row for row in SyncAuditor(str(expert))(folder, rows)}
    assert len(kept) == len(rows)
    exact = [kept[f"p{500 + i}"].av_offset == -late for i, late in enumerate(PLANTED)]
    assert np.mean(exact) >= 0.9
    assert all(kept[f"p{500 + i}"].offset_agreement >= 0.8 for i in range(len(PLANTED)))
    assert kept["p551"].offset_agreement < 0.8
    assert (kept["p552"].av_offset, kept["p552"].offset_agreement) == (None, None)
    assert not (folder / "clips" / "p510.av_shift-8.safetensors").exists()

    fixed = {row.source: row for row in SyncAuditor(str(expert), fix=True)(folder, rows)}
    assert set(kept) - set(fixed) == {"p550", "p551"}
    assert fixed["p510"].clip == "clips/p510.av_shift-8.safetensors"
    assert fixed["p505"].clip == "clips/p505.safetensors"
    again = {row.source: row for row in SyncAuditor(str(expert))(folder, fixed.values())}
    offsets = np.array([again[f"p{500 + i}"].av_offset for i in range(len(PLANTED))])
    assert np.mean(offsets == 0) >= 0.9
    assert np.abs(offsets).max() <= 1


def test_the_report_names_every_rejection_and_shows_the_histogram(
    corpus, expert, monkeypatch, capsys
):
    folder, rows = corpus
    answers = {"p500": ClipOffset(-13, 0.95, 1.0), "p501": ClipOffset(-2, 0.31, 0.4), "p552": None}
    monkeypatch.setattr(
        SyncAuditor, "measure", lambda _, __, row: answers.get(row.source, ClipOffset(0, 0.9, 0.0))
    )
    assert len(SyncAuditor(str(expert), fix=True)(folder, rows)) == 12
    with (folder / "rejected.csv").open(newline="") as file:
        table = list(csv.DictReader(file))
    assert [row["source"] for row in table] == ["p500", "p501"]
    assert table[0]["reason"] == "av_offset -13 frames, beyond 10"
    assert (table[0]["av_offset"], table[0]["offset_agreement"]) == ("-13", "0.95")
    assert table[1]["reason"].startswith("no sync found (offset_agreement 0.31 < 0.8)")
    summary = (
        "audit: 13 of 14 clips measured: 12 kept, 0 shifted, 2 rejected; median av_offset +0 frames"
    )
    assert summary in capsys.readouterr().out
    assert cv2.imread(str(folder / "audit.png")).shape == (660, 990, 3)
    assert not list(folder.rglob("*.part"))


def test_an_expert_for_other_crops_is_refused(corpus):
    folder, rows = corpus  # cut out at the level box
    with pytest.raises(
        InputError,
        match=r"bundled:expert: is an expert for aligned crops, but the clips have s3fd ones; audit them with "
        r"bundled:mesh_expert, or preprocess with clip\.face_crop=aligned",
    ):
        SyncAuditor("bundled:expert").measure(folder, rows[0])


def test_a_second_run_does_not_measure_again(corpus, expert, monkeypatch):
    folder, rows = corpus
    first = SyncAuditor(str(expert)).audit(folder, rows[0])

    def fail(*_: object):
        raise AssertionError("measured again")

    monkeypatch.setattr(module, "measure_clip", fail)
    assert SyncAuditor(str(expert)).audit(folder, rows[0]) == first
    (folder / "audit" / "p500.json").write_text("{")
    with pytest.raises(AssertionError, match="measured again"):
        SyncAuditor(str(expert)).audit(folder, rows[0])


@pytest.mark.parametrize(
    ("measured", "reason"),
    [
        (ClipOffset(-3, 0.79, 1.0), "no sync found"),
        (ClipOffset(-11, 1.0, 1.0), "beyond 10"),
        (ClipOffset(-1, 1.0, 0.7), ""),  # in sync or one frame late: kept as it is
        (ClipOffset(0, 1.0, 0.0), ""),
        (ClipOffset(3, 0.9, 0.9), "shifted by +3 frames"),
    ],
)
def test_what_is_off_is_shifted_and_what_has_no_sync_is_dropped(
    corpus, expert, monkeypatch, measured, reason
):
    folder, rows = corpus
    monkeypatch.setattr(SyncAuditor, "measure", lambda *_: measured)
    result = SyncAuditor(str(expert), fix=True).audit(folder, rows[5])
    assert reason in result.reason
    assert (result.decision == "rejected") == (reason in ("no sync found", "beyond 10"))
    assert (result.decision == "shifted") == reason.startswith("shifted")
    if not reason:
        assert result.decision == "kept"
        assert result.kept == replace(
            rows[5],
            av_offset=measured.av_offset,
            offset_agreement=measured.agreement,
            sign_agreement=measured.sign_agreement,
        )


def test_what_is_too_short_once_shifted_is_dropped(corpus, expert, monkeypatch):
    folder, rows = corpus
    monkeypatch.setattr(SyncAuditor, "measure", lambda *_: ClipOffset(-9, 1.0, 1.0))
    result = SyncAuditor(str(expert), fix=True, min_frames=61).audit(folder, rows[5])
    assert result.kept is None
    assert result.reason == "av_offset -9 frames, too short once shifted"


def test_a_folder_is_audited_without_its_videos(corpus, expert, tmp_path, monkeypatch):
    folder, rows = corpus
    (tmp_path / "clips").mkdir()
    for row in rows[:4]:
        (tmp_path / row.clip).write_bytes((folder / row.clip).read_bytes())
    write_manifest(tmp_path / "manifest.csv", rows[:4])
    answers = {
        "p500": ClipOffset(-13, 0.95, 1.0),
        "p501": ClipOffset(-3, 0.9, 0.9),
        "p502": ClipOffset(2, 0.31, 0.4),
    }
    monkeypatch.setattr(
        SyncAuditor, "measure", lambda _, __, row: answers.get(row.source, ClipOffset(0, 0.9, 0.0))
    )
    measured = audit_folder(tmp_path, SyncAuditor(str(expert)))
    assert [row.av_offset for row in measured] == [-13, -3, 2, 0]
    fixed = audit_folder(tmp_path, SyncAuditor(str(expert), fix=True))
    assert read_manifest(tmp_path) == fixed
    assert [(row.source, row.av_offset, row.av_shift) for row in fixed] == [
        ("p501", 0, -3),
        ("p503", 0, 0),
    ]
    # A later audit, of what is left, keeps the earlier rejections in the list.
    answers["p503"] = ClipOffset(1, 0.1, 0.1)
    answers["p501"] = ClipOffset(0, 0.9, 0.0)
    assert len(audit_folder(tmp_path, SyncAuditor(str(expert), fix=True))) == 1
    with (tmp_path / "rejected.csv").open(newline="") as file:
        assert [row["source"] for row in csv.DictReader(file)] == ["p500", "p502", "p503"]


def test_a_folder_of_which_nothing_is_left_keeps_its_manifest(
    corpus, expert, tmp_path, monkeypatch
):
    _, rows = corpus
    write_manifest(tmp_path / "manifest.csv", rows)
    monkeypatch.setattr(SyncAuditor, "measure", lambda *_: ClipOffset(0, 0.1, 0.0))
    with pytest.raises(InputError, match=r"rejected every clip; see rejected\.csv"):
        audit_folder(tmp_path, SyncAuditor(str(expert), fix=True))
    assert len(read_manifest(tmp_path)) == len(rows)


def test_what_is_no_expert_is_refused(corpus, expert):
    with pytest.raises(InputError, match="is a generator, not a sync expert"):
        SyncAuditor("bundled:generator")
    with pytest.raises(InputError, match="min_agreement must be 0 to 1, not 2"):
        SyncAuditor(str(expert), min_agreement=2)


@pytest.mark.slow
def test_planted_offsets_on_real_clips_come_back(shared, tmp_path):
    """Given an expert that can, ±1…±8 frames come back on the clips of which it is sure."""
    found = [path for path in EXPERTS if path.is_file()]
    if not found:
        pytest.skip(f"no sync expert at {' or '.join(map(str, EXPERTS))}")
    auditor = SyncAuditor(str(found[0]))
    videos = sorted((shared / "media" / "clips").glob("*.mp4"))[::12]
    detector = build_detector("hog", None)
    right = []
    for number, path in enumerate(videos):
        video = Video(path, path.name, path.stem, "val")
        try:
            rows = video_to_clips(video, tmp_path, detector, ClipSettings(min_frames=100))
        except InputError:  # no track that long
            continue
        own = auditor.measure(tmp_path, rows[0])
        if own.agreement < 0.9 or abs(own.av_offset) > 5:
            continue
        late = (number % 8 + 1) * (-1) ** number
        moved = auditor.measure(tmp_path, shift_clip(tmp_path, rows[0], late))
        right.append(abs(own.av_offset - moved.av_offset - late) <= 1)
    assert len(right) >= 5
    assert np.mean(right) >= 0.9
