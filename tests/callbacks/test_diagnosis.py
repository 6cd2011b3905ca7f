from dataclasses import replace

import numpy as np
import pytest

from wav2lip.callbacks.diagnosis import (
    LIKELY,
    _activity,
    diagnose,
    duplicate_clips,
    learning_rate,
    offset_spread,
    peak,
    rough_offsets,
    silent_audio,
    too_few_speakers,
)
from wav2lip.clips import ClipFile
from wav2lip.data.datasets import Clip
from wav2lip.synthetic.clips import synthesize, write_synthetic_clip

OFFSETS = (-8, -7, -5, -4, -2, 0, 3, 4, 6, 8)  # frames, of ten clips
CALM = learning_rate(1e-3, moved=0.5, mean=0.693, deviation=0.01, chance=0.693)


def write(folder, name, seed, offset=0, silent=False):
    clip = synthesize(seed, seconds=3.0, size=96, offset_frames=offset)
    if silent:
        clip = replace(clip, wav=np.zeros_like(clip.wav))
    row = write_synthetic_clip(folder, name, clip, image_size=48)
    return Clip(folder / row.clip, replace(row, speaker=name))


@pytest.fixture(scope="module")
def in_sync(tmp_path_factory):
    folder = tmp_path_factory.mktemp("in_sync")
    return [write(folder, f"good-{seed}", seed) for seed in range(6)]


@pytest.fixture(scope="module")
def off_sync(tmp_path_factory):
    folder = tmp_path_factory.mktemp("off_sync")
    return [write(folder, f"off-{seed}", seed, offset=o) for seed, o in enumerate(OFFSETS)]


@pytest.fixture(scope="module")
def strangers(tmp_path_factory):
    """Faces that move to one speech and are heard with another."""
    folder = tmp_path_factory.mktemp("strangers")
    clips = []
    for seed in range(10):
        clip = replace(
            synthesize(seed, seconds=3.0, size=96),
            wav=synthesize(100 + seed, seconds=3.0, size=32).wav,
        )
        row = write_synthetic_clip(folder, f"strange-{seed}", clip, image_size=48)
        clips.append(Clip(folder / row.clip, row))
    return clips


def test_planted_offsets_are_seen_roughly(off_sync):
    found = [peak(*_activity(ClipFile(clip.path)))[0] for clip in off_sync]
    errors = [abs(f - o) for f, o in zip(found, OFFSETS, strict=True)]
    assert sum(error <= 1 for error in errors) >= 8


def test_sounds_that_have_nothing_to_do_with_the_mouth_tell_no_offset(strangers):
    assert rough_offsets(strangers) == []
    assert offset_spread(strangers).severity < LIKELY


def test_clips_that_disagree_are_the_first_suspect(in_sync, off_sync):
    finding = offset_spread(off_sync)
    assert finding.severity >= LIKELY
    assert "roughly measured" in finding.evidence
    assert offset_spread(in_sync).severity < LIKELY


def test_offsets_of_the_manifest_are_believed(in_sync):
    offsets = ["0", "1", "5", "-6", "0", "7"]
    clips = [
        replace(clip, row=replace(clip.row, offset=o))
        for clip, o in zip(in_sync, offsets, strict=True)
    ]
    finding = offset_spread(clips)
    assert "50 % of 6 clips" in finding.evidence
    assert "-6 to +7 frames" in finding.evidence
    assert finding.severity == 0.75
    late = [replace(clip, row=replace(clip.row, offset="4")) for clip in in_sync]
    assert offset_spread(late).severity == 0  # all alike: that can be learnt


def test_repeated_sounds_are_counted(in_sync):
    finding = duplicate_clips([*in_sync, *in_sync[:3]])
    assert "3 of 9 clips repeat the sound of another" in finding.evidence
    assert "good-0" in finding.evidence
    assert finding.severity >= LIKELY
    assert duplicate_clips(in_sync).severity == 0


def test_silence_is_counted(in_sync, tmp_path):
    mute = [write(tmp_path, f"mute-{seed}", seed, silent=True) for seed in range(3)]
    finding = silent_audio([*in_sync, *mute])
    assert finding.evidence.startswith("3 of 9 clips")
    assert finding.severity >= LIKELY
    assert silent_audio(in_sync).severity == 0


def test_speakers_are_counted(in_sync):
    assert "6 speakers in 6 clips" in too_few_speakers(in_sync).evidence
    assert too_few_speakers(in_sync).severity == pytest.approx(0.7)
    many = [replace(in_sync[0], row=replace(in_sync[0].row, speaker=str(i))) for i in range(20)]
    assert too_few_speakers(many).severity == 0


def test_a_rate_too_low_and_too_high():
    low = learning_rate(1e-8, moved=1e-5, mean=0.693, deviation=0.001, chance=0.693)
    high = learning_rate(1.0, moved=80.0, mean=0.9, deviation=0.3, chance=0.693)
    assert low.evidence.endswith("too low")
    assert "1.0e-08" in low.evidence
    assert high.evidence.endswith("too high")
    assert min(low.severity, high.severity) >= LIKELY > CALM.severity


def test_the_likeliest_comes_first(in_sync):
    findings = diagnose([*in_sync, *in_sync], CALM)
    assert findings[0].cause == "duplicate clips"
    assert len(findings) == 5
    assert [f.severity for f in findings] == sorted((f.severity for f in findings), reverse=True)
