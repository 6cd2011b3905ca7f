"""One sign of the offset, SyncNet's, in the manifest, in evaluate and in check_sync."""

from wav2lip.clips import read_manifest
from wav2lip.evaluation.evaluator import Evaluator
from wav2lip.evaluation.pairs import Pair
from wav2lip.evaluation.scorer import Scoring
from wav2lip.evaluation.segments import LargestFace
from wav2lip.evaluation.sync_report import check_sync
from wav2lip.evaluation.systems import VIDEO
from wav2lip.preprocessing.audit import SyncAuditor, audit_folder
from wav2lip.preprocessing.clip import video_to_clips
from wav2lip.preprocessing.corpus import plan_jobs, preprocess
from wav2lip.preprocessing.jobs import Outcome
from wav2lip.preprocessing.settings import ClipSettings

LATE = -3  # av_offset of a sound that comes 3 frames late


def test_a_sound_3_frames_late_is_minus_3_in_manifest_evaluate_and_check_sync(
    film, judge, judge_file, detector, tmp_path, monkeypatch
):
    monkeypatch.setenv("WAV2LIP_CACHE", str(tmp_path / "cache"))
    video = film("late.mp4", seconds=3.2, av_offset=LATE)
    folder, listed = tmp_path / "clips", tmp_path / "list.txt"
    listed.write_text(f"{video}\n")

    def execute(jobs):
        for job in jobs:
            rows = video_to_clips(job.video, job.folder, detector, job.settings)
            yield Outcome(job.video.source, rows)

    jobs = plan_jobs(listed, folder, ClipSettings(image_size=48, face_crop="s3fd"), detector="hog")
    preprocess(jobs, folder, execute, SyncAuditor(str(judge_file)))
    assert [row.av_offset for row in read_manifest(folder)] == [LATE]

    evaluator = Evaluator(judge, LargestFace(), detector, tmp_path / "out", Scoring())
    scores = evaluator(Pair("late", video, video))
    scored = [clip for clip in scores.clips if clip.system == VIDEO]
    assert [clip.values["av_offset"] for clip in scored] == [LATE]

    assert check_sync(video, judge, detector).av_offset == LATE

    # The audit cures it: it moves the sound 3 frames earlier.
    (row,) = audit_folder(folder, SyncAuditor(str(judge_file), fix=True))
    assert (row.av_offset, row.av_shift) == (0, LATE)
    (row,) = audit_folder(folder, SyncAuditor(str(judge_file)))
    assert (row.av_offset, row.av_shift) == (0, LATE)
