import pytest

from wav2lip.checkpoints import TrainingId


def test_the_text_form_is_that_of_old_checkpoints():
    known = TrainingId.parse("seed 1, clips 52da717f")
    assert known == TrainingId(seed="1", clips="52da717f")
    assert str(known) == "seed 1, clips 52da717f"


@pytest.mark.parametrize("text", [None, "", "none", "f00d" * 16, "seed 1", "clips 52da717f"])
def test_other_text_is_no_id(text):
    assert TrainingId.parse(text) is None


def test_clips_are_shared_only_if_they_are_known():
    known = TrainingId("1", "52da717f")
    assert known.shares_clips(TrainingId("2", "52da717f"))
    assert not known.shares_clips(TrainingId("1", "0a0a0a0a"))
    assert not known.shares_clips(None)
    assert not TrainingId("1").shares_clips(TrainingId("1"))
