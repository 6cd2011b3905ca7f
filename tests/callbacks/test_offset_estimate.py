from wav2lip.callbacks.offset_estimate import activity, correlation_peak, estimate_offsets
from wav2lip.clips import ClipFile


def test_planted_offsets_are_estimated(off_sync, planted_offsets):
    found = [correlation_peak(*activity(ClipFile(clip.path)))[0] for clip in off_sync]
    errors = [abs(f - o) for f, o in zip(found, planted_offsets, strict=True)]
    assert sum(error <= 1 for error in errors) >= 8


def test_mismatched_audio_gives_no_offset(mismatched):
    assert estimate_offsets(mismatched) == []
