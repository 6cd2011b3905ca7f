"""preprocess.py as a user runs it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from wav2lip.checkpoints import build_network, save_network
from wav2lip.clips import ClipFile, read_manifest
from wav2lip.synthetic.clips import (
    synthesize,
    write_synthetic_corpus,
    write_synthetic_video,
)

ROOT = Path(__file__).resolve().parents[1]


def preprocess(*arguments: object, cwd=ROOT):
    return subprocess.run(
        [sys.executable, str(ROOT / "preprocess.py"), "detector=hog", *map(str, arguments)],
        capture_output=True,
        text=True,
        cwd=cwd,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        check=False,
    )


def refused_last(result):
    """The last line of a refusal that came after work, with its progress and warnings."""
    assert result.returncode == 2, result.stderr
    return result.stderr.strip().splitlines()[-1]


def refused(result):
    """The one line of a refusal, after checking that it is one."""
    lines = result.stderr.strip().splitlines()
    assert result.returncode == 2, result.stderr
    assert len(lines) == 1, result.stderr
    assert lines[0].startswith("error: ")
    return lines[0]


def test_a_folder_of_videos_becomes_clip_files_and_a_manifest(tmp_path):
    videos, output = tmp_path / "my videos", tmp_path / "out"
    (videos / "deep" / "er").mkdir(parents=True)
    write_synthetic_video(videos / "deep" / "er" / "a b.mp4", synthesize(1, 1.2, size=200))
    write_synthetic_video(videos / "c.mp4", synthesize(2, 1.2, size=200))
    (videos / "broken.mp4").write_text("no video")
    result = preprocess(f"input='{videos}'", f"output={output}", "workers=2", "val_share=0")
    assert result.returncode == 0, result.stderr
    assert "2 clips" in result.stdout
    rows = read_manifest(output)
    assert sorted(row.source for row in rows) == ["c.mp4", "deep/er/a b.mp4"]
    assert {row.split for row in rows} == {"train"}
    assert ClipFile(output / rows[0].clip).crop_size == 120
    failures = (output / "failures.csv").read_text()
    assert "broken.mp4" in failures
    assert not list(output.rglob("*.part"))
    assert not (output / ".hydra").exists()


@pytest.mark.slow
def test_bad_input_is_one_line_and_exit_code_2(tmp_path):
    empty, output = tmp_path / "empty", tmp_path / "out"
    empty.mkdir()
    cases = {
        "no such file or directory; check input": [f"input={tmp_path}/missing", f"output={output}"],
        "contains no video": [f"input={empty}", f"output={output}"],
        "input must be given": [f"output={output}"],
        "unknown key clip.fpss; did you mean clip.fps?": [
            f"input={empty}",
            f"output={output}",
            "clip.fpss=3",
        ],
        "must be 1 to 240": [f"input={empty}", f"output={output}", "clip.fps=0"],
    }
    for text, arguments in cases.items():
        assert text in refused(preprocess(*arguments))
        assert not output.exists()


@pytest.mark.slow
def test_videos_without_a_face_are_one_line(tmp_path):
    made = synthesize(3, 1.0)
    made.frames[:] = 90
    write_synthetic_video(tmp_path / "grey.mp4", made)
    result = preprocess(f"input={tmp_path}", f"output={tmp_path / 'out'}", "workers=1")
    assert result.returncode == 2
    assert "grey.mp4: no face in any of its 25 frames" in result.stderr.splitlines()[-1]


@pytest.mark.slow
def test_the_offset_is_measured_with_an_expert_and_fixed_on_demand(tmp_path):
    config = {"_target_": "wav2lip.models.SyncNet", "width": 0.0625, "image_size": 96}
    save_network(tmp_path / "expert.safetensors", build_network(config), config, {})
    (tmp_path / "in").mkdir()
    write_synthetic_video(tmp_path / "in" / "a.mp4", synthesize(1, 1.6, size=200))
    paths = [f"input={tmp_path / 'in'}", f"output={tmp_path / 'out'}", "workers=1"]
    expert = f"audit.expert={tmp_path / 'expert.safetensors'}"
    result = preprocess(*paths, expert)
    assert result.returncode == 0, result.stderr
    assert "audit: 1 of 1 clips measured: 1 kept, 0 shifted, 0 rejected" in result.stdout
    (row,) = read_manifest(tmp_path / "out")
    assert row.av_offset is not None
    assert abs(row.av_offset) <= 15
    assert 0 <= row.offset_agreement <= 1
    # Random weights are sure of nothing: every clip goes, which is an error of its own.
    line = refused_last(preprocess(*paths, expert, "audit=fix", "audit.min_agreement=1"))
    assert "rejected every clip; see rejected.csv" in line
    assert "a.mp4" in (tmp_path / "out" / "rejected.csv").read_text()
    level = refused(preprocess(*paths, "audit=fix", "clip.face_crop=s3fd"))
    assert "bundled:expert: is an expert for aligned crops, but the clips have s3fd ones" in level
    mesh = "audit.expert=bundled:mesh_expert"
    blind = refused(preprocess(*paths, "audit=fix", mesh, "clip.landmarks=false"))
    assert "audit.expert=bundled:mesh_expert: reads landmarks; set clip.landmarks=true" in blind
    assert "no such" in refused(preprocess(*paths, "audit.expert=nowhere.ckpt"))
    assert preprocess(*paths, expert, "audit=off").returncode == 0
    assert read_manifest(tmp_path / "out")[0].av_offset is None


def audit(*arguments: object):
    program = "from wav2lip.cli.main import main; main()"
    return subprocess.run(
        [sys.executable, "-c", program, "audit", *map(str, arguments)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        check=False,
    )


def test_a_folder_of_clips_is_audited_by_its_own_command(tmp_path):
    config = {"_target_": "wav2lip.models.SyncNet", "width": 0.0625, "image_size": 48}
    save_network(tmp_path / "expert.safetensors", build_network(config), config, {})
    clips = tmp_path / "my clips (1)"
    write_synthetic_corpus(clips, {"train": 2}, seconds=1.6, image_size=48)
    expert = f"expert={tmp_path / 'expert.safetensors'}"
    result = audit(clips, expert)
    assert result.returncode == 0, result.stderr
    assert "2 of 2 clips" in result.stdout
    assert all(row.av_offset is not None for row in read_manifest(clips))
    assert "rejected every clip" in refused_last(
        audit(clips, expert, "fix=true", "min_agreement=1")
    )
    assert "no such file or directory" in refused(audit(tmp_path / "nowhere", expert))
    assert "no such manifest" in refused(audit(tmp_path, expert))
    assert "bundled:expert: is an expert for aligned crops, but the clips have s3fd ones" in (
        refused_last(audit(clips))
    )
    assert "its clips have no landmarks; preprocess with clip.landmarks=true" in refused_last(
        audit(clips, "expert=bundled:mesh_expert")
    )
