import json

import numpy as np
import pytest
from safetensors import safe_open
from safetensors.numpy import load_file, save_file

from wav2lip.clips import ClipFile, encode_crop, write_clip
from wav2lip.errors import InputError


@pytest.fixture
def path(tmp_path):
    """Ten frames, grey level 20 * frame; mel column m is m / 100."""
    crops = [encode_crop(np.full((24, 24, 3), 20 * i, np.uint8)) for i in range(10)]
    mel = np.repeat(np.arange(40, dtype=np.float32)[:, None] / 100, 80, axis=1)
    boxes = np.tile(np.array([1, 2, 3, 4], np.float32), (10, 1))
    pcm = np.arange(6400, dtype=np.int16)
    metadata = {"source": "a.mp4", "fps": 25.0, "crop_size": 24, "pad": 0.125}
    write_clip(tmp_path / "a.safetensors", crops, boxes, np.arange(10) / 25, mel, pcm, metadata)
    return tmp_path / "a.safetensors"


def test_a_clip_reads_back_by_windows(path):
    clip = ClipFile(path)
    assert (clip.frames, clip.fps, clip.crop_size, clip.pad) == (10, 25.0, 24, 0.125)
    crops = clip.crops(np.array([7, 2]))
    assert crops.shape == (2, 24, 24, 3)
    assert [int(crop.mean().round()) for crop in crops] == [140, 40]
    assert clip.boxes().shape == (10, 4)
    assert clip.pcm()[[0, -1]].tolist() == [0, 6399]
    assert clip.duration == 0.4
    assert not list(path.parent.glob("*.part"))


def test_mel_windows_are_silent_beyond_both_ends(path):
    clip = ClipFile(path)
    assert clip.mel(8, 16).shape == (80, 16)
    assert clip.mel(8, 16)[0, [0, 15]] == pytest.approx([0.08, 0.23])
    assert clip.mel(-2, 4)[5] == pytest.approx([-4, -4, 0, 0.01])
    assert clip.mel(38, 4)[5] == pytest.approx([0.38, 0.39, -4, -4])
    assert (clip.mel(500, 16) == -4).all()


def test_a_missing_clip_and_one_cut_short_are_named(path):
    with pytest.raises(InputError, match=r"b\.safetensors: missing"):
        ClipFile(path.with_name("b.safetensors"))
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(InputError, match=r"a\.safetensors: not a complete clip file"):
        ClipFile(path)


def test_a_crop_that_does_not_decode_is_named(path):
    data = bytearray(path.read_bytes())
    data[data.index(b"\xff\xd8\xff") : data.index(b"\xff\xd8\xff") + 200] = bytes(200)
    path.write_bytes(data)
    with pytest.raises(InputError, match=r"a\.safetensors: frame 0 cannot be decoded"):
        ClipFile(path).crops(np.array([0]))


def rewrite(path, **metadata: object):
    """Write the clip file again with other metadata."""
    with safe_open(path, "np") as file:
        old = json.loads(file.metadata()["clip"])
    save_file(load_file(path), path, {"clip": json.dumps({**old, **metadata})})


def test_the_shift_of_format_1_changes_its_sign(path):
    assert "av_shift" not in ClipFile(path).metadata
    rewrite(path, format=1, shift=3)  # the sound was moved 3 frames earlier
    assert ClipFile(path).metadata["av_shift"] == -3
    assert "shift" not in ClipFile(path).metadata


def test_a_newer_format_is_refused(path):
    rewrite(path, format=3)
    with pytest.raises(
        InputError, match=r"a\.safetensors: clip file of format 3, but this version"
    ):
        ClipFile(path)
