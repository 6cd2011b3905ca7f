import numpy as np
import pytest

from wav2lip.clips import speech_cache
from wav2lip.clips.speech_cache import clip_speech
from wav2lip.errors import OutputError

PCM = (8000 * np.sin(np.arange(8000) / 9)).astype(np.int16)


@pytest.fixture
def path(tmp_path):
    (tmp_path / "clips").mkdir()
    return tmp_path / "clips" / "one.safetensors"


def test_features_are_kept_until_the_sound_changes(path, monkeypatch):
    first = clip_speech(path, PCM)
    assert first.shape == (288, 41)
    assert first.dtype == np.float16
    kept = path.parent.parent / "speech" / "one.npz"
    assert kept.is_file()
    monkeypatch.setattr(speech_cache, "speech_features", lambda _: 1 / 0)
    np.testing.assert_array_equal(clip_speech(path, PCM), first)
    with pytest.raises(ZeroDivisionError):
        clip_speech(path, PCM[:-400])


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 no zip"])
def test_a_damaged_file_is_written_anew(path, content):
    first = clip_speech(path, PCM)
    kept = path.parent.parent / "speech" / "one.npz"
    kept.write_bytes(content)
    np.testing.assert_array_equal(clip_speech(path, PCM), first)
    assert kept.stat().st_size > 288 * 41


def test_nothing_is_written_beside_a_single_file(tmp_path):
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    clip_speech(folder / "one.safetensors", PCM)
    assert list(tmp_path.iterdir()) == [folder]
    assert not list(folder.iterdir())


def test_a_folder_that_cannot_be_written_to_is_no_error(path, monkeypatch):
    def full(file, data):
        raise OutputError(f"{file}: cannot be written: the disk is full")

    monkeypatch.setattr(speech_cache, "write_atomically", full)
    assert clip_speech(path, PCM).shape == (288, 41)
