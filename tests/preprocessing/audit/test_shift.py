import numpy as np
import pytest

from wav2lip.clips import ClipFile
from wav2lip.media.mel import mel_spectrogram
from wav2lip.media.pcm import from_pcm
from wav2lip.preprocessing.audit.shift import frames_left, shift_clip, shifted_name
from wav2lip.synthetic.clips import synthesize, write_synthetic_clip


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("clip")
    return folder, write_synthetic_clip(folder, "a", synthesize(3, 2.0, size=86), image_size=48)


def test_the_name_says_the_shift():
    assert shifted_name("clips/a-00.safetensors", 3) == "clips/a-00.av_shift+3.safetensors"
    assert shifted_name("clips/a-00.safetensors", -8) == "clips/a-00.av_shift-8.safetensors"
    assert shifted_name("a.av_shift-8.safetensors", -7) == "a.av_shift-7.safetensors"


def test_frames_left():
    assert frames_left(50, 25.0, 4) == 46
    assert frames_left(50, 25.0, -4) == 40  # and six more, for the last mel window


@pytest.mark.parametrize("shift", [1, 3, 5, 10])
def test_a_late_sound_is_moved_earlier(made, shift):
    folder, row = made
    new = shift_clip(folder, row, -shift)
    old, file = ClipFile(folder / row.clip), ClipFile(folder / new.clip)
    assert (new.frames, file.frames, new.av_offset, new.start) == (44 - shift, 44 - shift, 0, 0.0)
    assert new.av_shift == -shift
    assert file.metadata["av_shift"] == -shift
    assert file.jpegs(0, 4) == old.jpegs(0, 4)
    assert file.boxes().shape == (44 - shift, 4)
    assert (file.pcm() == old.pcm()[640 * shift :][: 640 * (44 - shift)]).all()
    assert file.mel_columns == round(3.2 * (44 - shift)) + 16
    # The mel is that of the whole sound at the new instants, ends included.
    if shift % 5:
        sound = from_pcm(old.pcm()[640 * shift % 200 :])
        expected = mel_spectrogram(sound)[:, 640 * shift // 200 :][:, : file.mel_columns]
    else:
        expected = old.mel(16 * shift // 5, file.mel_columns)
    assert np.abs(file.mel(0, file.mel_columns) - expected).max() < 1e-3


@pytest.mark.parametrize("shift", [1, 7])
def test_an_early_sound_keeps_its_mel_and_the_picture_loses_its_beginning(made, shift):
    folder, row = made
    new = shift_clip(folder, row, shift)
    old, file = ClipFile(folder / row.clip), ClipFile(folder / new.clip)
    assert new.frames == 50 - shift
    assert new.start == round(shift / 25, 3)
    assert file.jpegs(0, 1) == old.jpegs(shift, 1 + shift)
    assert file.times()[0] == pytest.approx(shift / 25)
    assert (file.pcm() == old.pcm()[: 640 * (50 - shift)]).all()
    assert (file.mel(0, file.mel_columns) == old.mel(0, file.mel_columns)).all()


def test_a_clip_too_short_to_shift_is_refused(made):
    folder, row = made
    with pytest.raises(ValueError, match="too few to shift by -45"):
        shift_clip(folder, row, -45)


def test_a_second_shift_adds_to_the_first(made):
    folder, row = made
    twice = shift_clip(folder, shift_clip(folder, row, 3), 2)
    assert (twice.clip, twice.av_shift) == ("clips/a.av_shift+5.safetensors", 5)
    assert ClipFile(folder / twice.clip).metadata["av_shift"] == 5
