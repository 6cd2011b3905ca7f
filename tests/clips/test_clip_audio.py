import numpy as np
import pytest
from motion_clips import write_motion_corpus

from wav2lip.clips import ClipFile, clip_audio, clip_window
from wav2lip.data.datamodule import load_clips


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    folder = tmp_path_factory.mktemp("clip")
    write_motion_corpus(folder, {"train": 1}, seconds=1)
    return load_clips([str(folder)], "train")[0].path


def test_features_of_speech_lie_beneath_the_mel(clip):
    file = ClipFile(clip)
    audio = clip_audio(file, 368)
    assert audio.shape == (368, file.mel_columns)
    np.testing.assert_array_equal(audio[:80], file.whole_mel)
    np.testing.assert_array_equal(clip_audio(file), file.whole_mel)
    assert np.abs(audio[80:] + 4).mean() > 0.5


def test_a_window_may_reach_beyond_the_clip(clip):
    file = ClipFile(clip)
    window = clip_window(file, -3, file.mel_columns + 5, 368)
    assert (window[:, :3] == -4).all()
    assert (window[:, -2:] == -4).all()
    np.testing.assert_array_equal(window[:, 3:-2], clip_audio(file, 368))
    np.testing.assert_array_equal(clip_window(file, -3, 90)[:, 3:], file.mel(0, 87))
