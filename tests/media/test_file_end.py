"""Files that end in the middle."""

import struct
from pathlib import Path

import av
import numpy as np
import pytest

from wav2lip.media.audio import load_wav
from wav2lip.media.file_end import missing_end
from wav2lip.media.video import read_frames

RATE = 48_000  # Hz
PACKET = "the last packet is incomplete: the file may be cut off"
SIZE = "the file is smaller than its header says: it may be cut off"


def encode(path: Path, codec: str, samples: int = RATE, video: bool = False) -> bytes:
    """Write noise, and pictures if wanted, and return the bytes of the file."""
    noise = np.random.default_rng(0).uniform(-0.3, 0.3, samples).astype(np.float32)
    with av.open(str(path), "w") as output:
        stream = output.add_stream(codec, rate=RATE)
        stream.layout = "mono"
        pictures = output.add_stream("mpeg4", rate=25) if video else None
        if pictures is not None:
            pictures.width = pictures.height = 64
            pictures.pix_fmt = "yuv420p"
        for start in range(0, samples, RATE // 25):
            piece = noise[None, start : start + RATE // 25]
            sound = av.AudioFrame.from_ndarray(piece, format="fltp", layout="mono")
            sound.sample_rate, sound.pts = RATE, start
            output.mux(stream.encode(sound))
            if pictures is not None:
                image = np.full((64, 64, 3), 128, np.uint8)
                output.mux(pictures.encode(av.VideoFrame.from_ndarray(image)))
        output.mux(stream.encode(None))
        if pictures is not None:
            output.mux(pictures.encode(None))
    return path.read_bytes()


def remarks(path: Path, data: bytes) -> list[str]:
    """Return the remarks on a file of this content."""
    path.write_bytes(data)
    problems: list[str] = []
    load_wav(path, problems=problems)
    return problems


@pytest.mark.parametrize(
    ("name", "codec"),
    [
        ("a.voc", "pcm_s16le"),
        ("a.ac3", "ac3"),
        ("a.eac3", "eac3"),
        ("a.mp2", "mp2"),
        ("a.mpg", "mp2"),
    ],
)
def test_a_packet_that_is_shorter_than_stated(tmp_path, name, codec):
    data = encode(tmp_path / name, codec)
    assert remarks(tmp_path / name, data) == []
    assert remarks(tmp_path / name, data[: 7 * len(data) // 10 + 1]) == [PACKET]


@pytest.mark.parametrize(
    ("name", "codec"), [("a.caf", "pcm_s16le"), ("a.w64", "pcm_s16le"), ("a.sox", "pcm_s32le")]
)
def test_a_file_that_is_smaller_than_stated(tmp_path, name, codec):
    data = encode(tmp_path / name, codec)
    assert missing_end(tmp_path / name) is None
    with av.open(str(tmp_path / name)) as container:
        between = next(p for p in container.demux() if p.pts > 0.7 * RATE).pos  # two packets
    for end in (between, between + 100):
        assert remarks(tmp_path / name, data[:end]) == [SIZE]


def test_an_avi_is_remarked_for_sound_and_pictures(tmp_path):
    path = tmp_path / "a.avi"
    data = encode(path, "pcm_s16le", video=True)
    assert remarks(path, data) == []
    with av.open(str(path)) as container:
        end = [p.pos for p in container.demux(video=0) if p.pos][17] + 4  # within a picture
    assert remarks(path, data[:end]) == [SIZE]
    problems: list[str] = []
    assert 16 <= len(list(read_frames(path, problems))) <= 18
    assert problems == [PACKET]


def test_a_caf_from_a_pipe_states_no_size(tmp_path):
    path = tmp_path / "a.caf"
    data = encode(path, "pcm_s16le")
    at = data.index(b"data") + 4
    assert remarks(path, data[:at] + struct.pack(">q", -1) + data[at + 8 :]) == []


@pytest.mark.parametrize(
    ("name", "codec", "pixels", "line"),
    [
        ("a.ts", "mpeg2video", "yuv420p", PACKET),
        ("a.asf", "mpeg4", "yuv420p", SIZE),
        ("a.gif", "gif", "rgb8", "the mark of the end is missing: the file may be cut off"),
    ],
)
def test_pictures_without_a_stated_duration(tmp_path, name, codec, pixels, line):
    path = tmp_path / name
    noise = np.random.default_rng(0).integers(0, 255, (20, 64, 64, 3), np.uint8)
    with av.open(str(path), "w") as output:
        stream = output.add_stream(codec, rate=25)
        stream.width = stream.height = 64
        stream.pix_fmt = pixels
        for image in noise:
            output.mux(stream.encode(av.VideoFrame.from_ndarray(image)))
        output.mux(stream.encode(None))
    problems: list[str] = []
    assert len(list(read_frames(path, problems))) == 20
    assert problems == []
    path.write_bytes(path.read_bytes()[: 7 * path.stat().st_size // 10 // 188 * 188 + 1])
    assert 8 < len(list(read_frames(path, problems))) < 19
    assert line in problems


@pytest.mark.parametrize("size", [0, 0x7FFFFFFF, 0xFFFFFFFF])
def test_an_avi_from_a_pipe_states_no_size(tmp_path, size):
    path = tmp_path / "a.avi"
    data = encode(path, "pcm_s16le", video=True)
    assert remarks(path, data[:4] + struct.pack("<I", size) + data[8:]) == []


def test_a_tag_after_the_sound_is_no_packet(tmp_path):
    path = tmp_path / "a.mp2"
    data = encode(path, "mp2")
    assert remarks(path, data + b"TAG" + bytes(125)) == []


@pytest.mark.parametrize(
    "head",
    [b"OggS", b"RIFF", b"caff", b".SoX", b"riff", b"RIFF\0\0\0\0AVI", b"0&\xb2u", b"GIF89a", b"G"],
)
def test_a_header_alone_is_no_error(tmp_path, head):
    path = tmp_path / "a"
    path.write_bytes(head)
    assert missing_end(path) in (None, "the mark of the end is missing: the file may be cut off")
