import errno
import json
from dataclasses import replace

import pytest

from wav2lip.preprocessing import jobs as module
from wav2lip.preprocessing.clip import Video
from wav2lip.preprocessing.corpus import plan_jobs
from wav2lip.preprocessing.jobs import VideoJob, read_record, run_job
from wav2lip.preprocessing.settings import ClipSettings


@pytest.fixture
def job(tmp_path):
    (tmp_path / "a.mp4").write_text("no video")
    video = Video(tmp_path / "a.mp4", "a.mp4", "a", "train")
    return VideoJob(video, tmp_path / "out", "hog", None, ClipSettings())


def test_another_setting_or_a_changed_video_makes_a_record_stale(job):
    job.record.parent.mkdir(parents=True)
    job.record.write_text(json.dumps({"key": job.key, "source": "x", "rows": [], "reason": "y"}))
    outcome = read_record(job)
    assert outcome is not None
    assert outcome.reason == "y"
    assert read_record(replace(job, settings=ClipSettings(image_size=192))) is None
    assert read_record(replace(job, detector="yunet")) is None
    job.record.write_text("{")
    assert read_record(job) is None


def test_an_unexpected_error_costs_one_video_and_is_tried_again(job, monkeypatch):
    def fail(*_: object):
        raise ZeroDivisionError("strange header")

    monkeypatch.setattr(module, "video_to_clips", fail)
    assert run_job(job).reason == "ZeroDivisionError: strange header"
    assert not job.record.exists()


def test_out_of_memory_costs_one_video_but_a_full_disk_stops_the_run(job, monkeypatch):
    def fail(error: Exception):
        def run(*_: object):
            raise error

        monkeypatch.setattr(module, "video_to_clips", run)

    fail(MemoryError("Unable to allocate 42.9 GiB"))
    assert run_job(job).reason == "MemoryError: Unable to allocate 42.9 GiB"
    fail(OSError(errno.EIO, "bad sector"))
    assert "bad sector" in run_job(job).reason
    fail(OSError(errno.ENOSPC, "No space left on device"))
    with pytest.raises(OSError, match="No space left"):
        run_job(job)


def test_a_truncated_clip_is_made_again(job):
    row = {"clip": "clips/a.safetensors", "source": "a.mp4", "speaker": "a", "split": "train"}
    row |= {"track": 0, "start": 0.0, "frames": 25, "fps": 25.0, "face": 90.0, "coverage": 1.0}
    row |= {"sharpness": 1.0, "loudness": -20.0}
    job.record.parent.mkdir(parents=True)
    job.record.write_text(json.dumps({"key": job.key, "rows": [row], "reason": ""}))
    (job.folder / "clips").mkdir()
    (job.folder / "clips" / "a.safetensors").write_bytes(bytes(100))
    assert read_record(job) is None


def test_a_job_names_the_detector_that_auto_means(tmp_path):
    (tmp_path / "a.mp4").touch()

    def detector(weights, device):
        jobs = plan_jobs(tmp_path, tmp_path / "out", ClipSettings(), weights=weights, device=device)
        return jobs[0].detector

    assert detector(None, "cpu") == "blazeface"
    assert detector("face.onnx", "cpu") == "yunet"
    assert detector("s3fd.pth", "cuda") == "sfd"
