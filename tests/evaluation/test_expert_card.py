import numpy as np
import pytest
import torch

from wav2lip.data.datamodule import load_clips
from wav2lip.evaluation.expert_card import card_clips, group_of, measure
from wav2lip.models import SyncNet
from wav2lip.synthetic.clips import write_synthetic_corpus


@pytest.fixture(scope="module")
def clips(tmp_path_factory):
    folder = tmp_path_factory.mktemp("card")
    write_synthetic_corpus(folder, {"val": 2}, 2.4, 48)
    found = load_clips([str(folder)], "val")
    return card_clips(found, {found[0].row.source: {"language": "xx"}})


@pytest.fixture(scope="module")
def expert():
    torch.manual_seed(0)
    return SyncNet(0.125, 48, embedding=16, final_relu=False, max_residuals=0).eval()


def test_groups_are_ranges_of_the_absolute_value():
    values = (0, -14.9, 15, -30, 45, None)
    names = ["below 15", "below 15", "15-30", "30 or more", "30 or more", ""]
    assert [group_of(value, (15, 30)) for value in values] == names


def test_silence_is_never_certain(clips, expert):
    faces = np.random.default_rng(0).integers(0, 256, (60, 48, 48, 3)).astype(np.uint8)
    values = measure(expert, faces, np.zeros(60 * 640, np.int16))
    assert values["clip certain"] == 0


def test_a_clip_without_a_window_has_no_values(expert):
    assert measure(expert, np.zeros((4, 48, 48, 3), np.uint8), np.zeros(9999, np.int16)) == {}
