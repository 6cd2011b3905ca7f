import numpy as np

from wav2lip.evaluation.expert_card import group_of, measure


def test_groups_are_ranges_of_the_absolute_value():
    values = (0, -14.9, 15, -30, 45, None)
    names = ["below 15", "below 15", "15-30", "30 or more", "30 or more", ""]
    assert [group_of(value, (15, 30)) for value in values] == names


def test_silence_is_never_certain(untrained_expert):
    faces = np.random.default_rng(0).integers(0, 256, (60, 48, 48, 3)).astype(np.uint8)
    values = measure(untrained_expert, faces, np.zeros(60 * 640, np.int16))
    assert values["clip certain"] == 0


def test_a_clip_without_a_window_has_no_values(untrained_expert):
    assert (
        measure(untrained_expert, np.zeros((4, 48, 48, 3), np.uint8), np.zeros(9999, np.int16))
        == {}
    )
