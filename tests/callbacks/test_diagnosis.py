from dataclasses import replace

import pytest

from wav2lip.callbacks.diagnosis import (
    LIKELY,
    check_duplicates,
    check_learning_rate,
    check_offsets,
    check_silence,
    check_speakers,
    check_unrelated,
    diagnose,
    estimate_if_needed,
)

HEALTHY = check_learning_rate(1e-3, change=0.5, mean=0.693, deviation=0.01, chance=0.693)


@pytest.fixture(scope="module")
def in_sync(tmp_path_factory, write_clip):
    folder = tmp_path_factory.mktemp("in_sync")
    return [write_clip(folder, f"good-{seed}", seed) for seed in range(6)]


def test_clips_with_mismatched_audio_have_no_offset(mismatched):
    assert check_offsets(mismatched, estimate_if_needed(mismatched)).severity < LIKELY


def test_the_mesh_tells_unrelated_audio_from_an_offset(mismatched, off_sync, with_meshes):
    strange, late = with_meshes(mismatched), with_meshes(off_sync)
    cause = check_unrelated(strange, estimate_if_needed(strange))
    assert cause.severity >= LIKELY
    assert cause.evidence.endswith("check that each video has its own sound")
    assert check_unrelated(late, estimate_if_needed(late)).severity == 0


def test_without_meshes_and_audit_unrelated_audio_cannot_be_told(mismatched):
    cause = check_unrelated(mismatched, estimate_if_needed(mismatched))
    assert cause.severity < LIKELY
    assert "cannot be told without an audit" in cause.evidence


def test_fewer_clips_cannot_tell_unrelated_audio(mismatched, with_meshes):
    few = with_meshes(mismatched[:9])
    assert check_unrelated(few, estimate_if_needed(few)).severity < LIKELY


def test_agreements_of_an_audit_tell_unrelated_audio(in_sync):
    def clips(*agreements: float):
        return [
            replace(clip, row=replace(clip.row, av_offset=0, offset_agreement=agreement))
            for clip, agreement in zip(in_sync, agreements, strict=False)
        ]

    assert check_unrelated(clips(0.9, 1.0, 0.8, 0.3), None).severity == 0
    cause = check_unrelated(clips(0.2, 0.3, 0.1, 0.3, 0.2, 0.9), None)
    assert cause.evidence.startswith("17 % of 6 measured clips")
    assert cause.severity >= LIKELY


def test_clips_with_different_offsets_are_a_likely_cause(in_sync, off_sync):
    cause = check_offsets(off_sync, estimate_if_needed(off_sync))
    assert cause.severity >= LIKELY
    assert "estimated from mouth motion and loudness" in cause.evidence
    assert check_offsets(in_sync, estimate_if_needed(in_sync)).severity < LIKELY


def test_offsets_in_the_manifest_are_used(in_sync):
    offsets = [0, 1, 5, -6, 0, 7]
    clips = [
        replace(clip, row=replace(clip.row, av_offset=o))
        for clip, o in zip(in_sync, offsets, strict=True)
    ]
    assert estimate_if_needed(clips) is None
    cause = check_offsets(clips, None)
    assert "50 % of 6 clips" in cause.evidence
    assert "-6 to +7 frames" in cause.evidence
    assert cause.severity == 0.75
    late = [replace(clip, row=replace(clip.row, av_offset=4)) for clip in in_sync]
    assert check_offsets(late, None).severity == 0  # a common offset does not hurt


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
    assert len(causes) == 6
    assert [c.severity for c in causes] == sorted((c.severity for c in causes), reverse=True)


def of_one_speaker(clips):
    return [replace(clip, row=replace(clip.row, speaker="anna")) for clip in clips]


@pytest.mark.parametrize(
    "cause",
    [
        "offset spread",
        "silent audio",
        "unrelated audio",
        "too few speakers",
        "duplicate clips",
        "learning rate",
    ],
)
def test_each_planted_cause_is_named_first(
    cause, off_sync, mismatched, write_clip, with_meshes, tmp_path
):
    good = with_meshes(off_sync)
    good = [replace(clip, row=replace(clip.row, av_offset=0)) for clip in good]  # an audit's
    mute = [write_clip(tmp_path / "mute", f"mute-{seed}", seed, silent=True) for seed in range(3)]
    planted = {
        "offset spread": off_sync,
        "silent audio": mute,
        "unrelated audio": with_meshes(mismatched),
        "too few speakers": of_one_speaker(good),
        "duplicate clips": [*good, *good],
        "learning rate": good,
    }
    rate = check_learning_rate(1.0, change=80.0, mean=0.9, deviation=0.3, chance=0.693)
    causes = diagnose(planted[cause], rate if cause == "learning rate" else HEALTHY)
    assert causes[0].name == cause
    assert causes[0].severity >= LIKELY
