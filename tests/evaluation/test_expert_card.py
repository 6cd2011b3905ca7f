import numpy as np
import pytest
from motion_clips import write_motion_clip

from wav2lip.clips import ClipFile
from wav2lip.evaluation.expert_card import group_of, measure


@pytest.fixture
def clip(tmp_path):
    return ClipFile(tmp_path / write_motion_clip(tmp_path, "one", "val", 0, 2.4).clip)


def test_groups_are_ranges_of_the_absolute_value():
    values = (0, -14.9, 15, -30, 45, None)
    names = ["below 15", "below 15", "15-30", "30 or more", "30 or more", ""]
    assert [group_of(value, (15, 30)) for value in values] == names


def test_silence_is_never_certain(untrained_expert, clip):
    values = measure(untrained_expert, clip, pcm=np.zeros(60 * 640, np.int16))
    assert values["clip certain"] == 0


def test_a_clip_without_a_window_has_no_values(untrained_expert, clip):
    assert measure(untrained_expert, clip, pcm=np.zeros(4 * 640, np.int16)) == {}
