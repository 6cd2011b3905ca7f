import json
import math
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import numpy as np
import pytest
from safetensors import safe_open
from safetensors.numpy import load_file, save_file

from wav2lip.clips import ClipFile, encode_crop, write_clip
from wav2lip.errors import InputError
from wav2lip.utils.partials import sweep


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


def test_a_sweep_of_another_process_leaves_a_clip_that_is_being_written(path):
    crops = [encode_crop(np.zeros((8, 8, 3), np.uint8))] * 5
    arrays = np.zeros((5, 4)), np.arange(5) / 25, np.zeros((16, 80)), np.zeros(3200, np.int16)
    metadata = {"source": "b.mp4", "fps": 25.0, "crop_size": 8, "pad": 0.125}
    stop = Event()

    def keep_sweeping():
        while not stop.is_set():
            sweep(path.parent)

    with ThreadPoolExecutor() as pool:
        sweeping = pool.submit(keep_sweeping)
        try:
            for number in range(100):
                write_clip(path.with_stem(f"b{number}"), crops, *arrays, metadata)
        finally:
            stop.set()
        sweeping.result()
    assert len(list(path.parent.iterdir())) == 101


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


def rewrite(path, tensors=None, drop=None, **metadata: object):
    """Write the clip file again with other metadata or tensors."""
    with safe_open(path, "np") as file:
        old = json.loads(file.metadata()["clip"])
    changed = {**old, **metadata}
    changed.pop(drop, None)
    kept = {k: v for k, v in {**load_file(path), **(tensors or {})}.items() if v is not None}
    save_file(kept, path, {"clip": json.dumps(changed)})


def refusal(path, read=None) -> str:
    with pytest.raises(InputError) as caught:
        (read or ClipFile.pcm)(ClipFile(path))
    message = str(caught.value)
    assert message.isprintable()
    assert len(message) < 1000
    assert str(path) in message
    return message


@pytest.mark.parametrize("name", ["fps", "crop_size", "pad"])
def test_missing_metadata_are_named(name, path):
    rewrite(path, drop=name)
    assert f"{name} is missing" in refusal(path)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *[("fps", v) for v in (0, -25, math.nan, math.inf, "25", None, [25], 1e9)],
        *[("crop_size", v) for v in (-1, 0, 10**7, 24.5, "24", None, True, 10**400)],
        *[("pad", v) for v in (-0.1, math.nan, "a", None, 1e9)],
        *[("format", v) for v in ("two", None, 0, math.nan, [])],
        *[("av_shift", v) for v in (math.nan, "3", 10**30)],
        ("source", ["a"]),
        ("source", "a" * 5000),
    ],
)
def test_metadata_that_cannot_be_right_are_named(name, value, path):
    rewrite(path, **{name: value})
    assert name in refusal(path)


@pytest.mark.parametrize("entry", ["[" * 100_000, "[]", "3", "null", "{", ""])
def test_metadata_that_are_not_ours_are_refused(entry, path):
    save_file(load_file(path), path, {"clip": entry})
    refusal(path)


OFFSETS = np.arange(0, 110, 10, dtype=np.int64)


@pytest.mark.parametrize(
    ("name", "tensor"),
    [
        ("jpeg_offsets", OFFSETS[::-1].copy()),
        ("jpeg_offsets", OFFSETS - 10),
        ("jpeg_offsets", OFFSETS * 10**12),
        ("jpeg_offsets", np.zeros(11, np.int64)),
        ("jpeg_offsets", np.array([0, 2**63 - 1] * 5 + [5], np.int64)),
        ("jpeg_offsets", OFFSETS[:1]),
        ("jpeg_offsets", OFFSETS[:0]),
        ("jpeg_offsets", OFFSETS.astype(np.float64)),
        ("jpeg_offsets", OFFSETS[None]),
        ("jpeg", np.zeros((3, 3), np.uint8)),
        ("jpeg", np.zeros(3, np.float32)),
        ("mel", np.zeros(40, np.float32)),
        ("mel", np.zeros((80, 40), np.float32)),
        ("mel", np.zeros((40, 80), np.float64)),
        ("boxes", np.zeros((10, 3), np.float32)),
        ("boxes", np.zeros((9, 4), np.float32)),
        ("times", np.zeros((10, 1))),
        ("times", np.zeros(9)),
        ("pcm", np.zeros((2, 3200), np.int16)),
        ("pcm", np.zeros(6400, np.float32)),
        *[(name, None) for name in ("jpeg", "jpeg_offsets", "boxes", "times", "mel", "pcm")],
    ],
)
def test_tensors_that_do_not_belong_together_are_named(name, tensor, path):
    rewrite(path, {name: tensor})
    assert name in refusal(path)


@pytest.mark.parametrize(
    ("name", "read"),
    [
        ("mel", lambda clip: clip.mel(0, 16)),
        ("mel", lambda clip: clip.whole_mel),
        ("boxes", ClipFile.boxes),
        ("times", ClipFile.times),
    ],
)
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_numbers_that_are_not_finite_are_named_when_they_are_read(name, read, value, path):
    bad = load_file(path)[name]
    bad.flat[3] = value
    rewrite(path, {name: bad})
    assert f"{name} holds NaN" in refusal(path, read)


@pytest.mark.parametrize("read", [ClipFile.crops, ClipFile.thumbnails])
def test_a_crop_of_another_size_is_named_before_it_is_decoded(read, path):
    rewrite(path, crop_size=48)
    assert "24x24 pixels instead of 48x48" in refusal(path, lambda clip: read(clip, np.array([2])))
    rewrite(path, crop_size=24)
    data = path.read_bytes()
    frame = data.index(b"\xff\xc0") + 5  # a bomb: few bytes that state many pixels
    path.write_bytes(data[:frame] + b"\xff\xff\xff\xff" + data[frame + 4 :])
    assert "65535x65535" in refusal(path, lambda clip: read(clip, np.array([0])))


def test_the_shift_of_format_1_changes_its_sign(path):
    assert "av_shift" not in ClipFile(path).metadata
    rewrite(path, format=1, shift=3)  # the sound was moved 3 frames earlier
    assert ClipFile(path).metadata["av_shift"] == -3
    assert "shift" not in ClipFile(path).metadata


def test_a_newer_format_is_refused(path):
    rewrite(path, format=4)
    with pytest.raises(
        InputError, match=r"a\.safetensors: clip file of format 4, but this version"
    ):
        ClipFile(path)


def test_roll_and_landmarks_are_optional(path, tmp_path):
    old = ClipFile(path)
    assert (old.face_crop, old.landmarks(), old.roll().tolist()) == ("s3fd", None, [0.0] * 10)
    crops = [encode_crop(np.zeros((24, 24, 3), np.uint8))] * 2
    boxes, times = np.tile(np.array([1, 2, 3, 4], np.float32), (2, 1)), np.arange(2) / 25
    points = np.full((2, 468, 3), 0.25, np.float32)
    points[1] = np.nan
    metadata = {"fps": 25.0, "crop_size": 24, "pad": 0.125, "face_crop": "aligned"}
    new = tmp_path / "b.safetensors"
    mel, pcm = np.zeros((16, 80), np.float32), np.zeros(1280, np.int16)
    roll = np.array([3, -4], np.float32)
    write_clip(new, crops, boxes, times, mel, pcm, metadata, roll=roll, landmarks=points)
    clip = ClipFile(new)
    assert (clip.face_crop, clip.metadata["format"], clip.roll().tolist()) == (
        "aligned",
        3,
        [3, -4],
    )
    assert clip.landmarks().dtype == np.float16
    assert clip.landmarks()[0, 467].tolist() == [0.25, 0.25, 0.25]
    assert np.isnan(clip.landmarks()[1]).all()


def test_a_wrong_shape_of_landmarks_and_an_unknown_crop_are_refused(path):
    rewrite(path, {"landmarks": np.zeros((10, 68, 2), np.float16)})
    with pytest.raises(InputError, match=r"landmarks is F16 \(10, 68, 2\), not F16 \(10, 468, 3\)"):
        ClipFile(path)
    rewrite(path, {"landmarks": None})
    rewrite(path, face_crop="round")
    with pytest.raises(InputError, match="face_crop must be one of s3fd, aligned, not 'round'"):
        ClipFile(path)
