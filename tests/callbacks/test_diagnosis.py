from dataclasses import replace

import pytest

from wav2lip.callbacks.diagnosis import (
    LIKELY,
    check_duplicates,
    check_learning_rate,
    check_offsets,
    check_silence,
    check_speakers,
    diagnose,
)

HEALTHY = check_learning_rate(1e-3, change=0.5, mean=0.693, deviation=0.01, chance=0.693)


@pytest.fixture(scope="module")
def in_sync(tmp_path_factory, write_clip):
    folder = tmp_path_factory.mktemp("in_sync")
    return [write_clip(folder, f"good-{seed}", seed) for seed in range(6)]


def test_clips_with_mismatched_audio_have_no_offset(mismatched):
    assert check_offsets(mismatched).severity < LIKELY


def test_clips_with_different_offsets_are_a_likely_cause(in_sync, off_sync):
    cause = check_offsets(off_sync)
    assert cause.severity >= LIKELY
    assert "estimated from mouth motion and loudness" in cause.evidence
    assert check_offsets(in_sync).severity < LIKELY


def test_offsets_in_the_manifest_are_used(in_sync):
    offsets = [0, 1, 5, -6, 0, 7]
    clips = [
        replace(clip, row=replace(clip.row, av_offset=o))
        for clip, o in zip(in_sync, offsets, strict=True)
    ]
    cause = check_offsets(clips)
    assert "50 % of 6 clips" in cause.evidence
    assert "-6 to +7 frames" in cause.evidence
    assert cause.severity == 0.75
    late = [replace(clip, row=replace(clip.row, av_offset=4)) for clip in in_sync]
    assert check_offsets(late).severity == 0  # a common offset does not hurt


def test_clips_with_identical_audio_are_counted(in_sync):
    cause = check_duplicates([*in_sync, *in_sync[:3]])
    assert "3 of 9 clips repeat the audio of another" in cause.evidence
    assert "good-0" in cause.evidence
    assert cause.severity >= LIKELY
    assert check_duplicates(in_sync).severity == 0


def test_silence_is_counted(in_sync, write_clip, tmp_path):
    mute = [write_clip(tmp_path, f"mute-{seed}", seed, silent=True) for seed in range(3)]
    cause = check_silence([*in_sync, *mute])
    assert cause.evidence.startswith("3 of 9 clips")
    assert cause.severity >= LIKELY
    assert check_silence(in_sync).severity == 0


def test_speakers_are_counted(in_sync):
    assert "6 speakers in 6 clips" in check_speakers(in_sync).evidence
    assert check_speakers(in_sync).severity == pytest.approx(0.7)
    many = [replace(in_sync[0], row=replace(in_sync[0].row, speaker=str(i))) for i in range(20)]
    assert check_speakers(many).severity == 0


def test_a_learning_rate_too_low_and_too_high():
    low = check_learning_rate(1e-8, change=1e-5, mean=0.693, deviation=0.001, chance=0.693)
    high = check_learning_rate(1.0, change=80.0, mean=0.9, deviation=0.3, chance=0.693)
    assert low.evidence.endswith("too low")
    assert "1.0e-08" in low.evidence
    assert high.evidence.endswith("too high")
    assert min(low.severity, high.severity) >= LIKELY > HEALTHY.severity


def test_the_most_likely_cause_comes_first(in_sync):
    causes = diagnose([*in_sync, *in_sync], HEALTHY)
    assert causes[0].name == "duplicate clips"
    assert len(causes) == 5
    assert [c.severity for c in causes] == sorted((c.severity for c in causes), reverse=True)
