"""Files whose headers lie: each gives frames or sound, or one line."""

import socket
import struct

import numpy as np
import pytest

from wav2lip.errors import InputError
from wav2lip.media.audio import read_mono
from wav2lip.media.container import open_media
from wav2lip.media.video import probe, read_frames


def readable_or_one_line(path):
    """Read all of a file. Returns the message if it is refused."""
    messages = []
    for read in (probe, lambda p: [f.image for f in read_frames(p)], lambda p: list(read_mono(p))):
        try:
            read(path)
        except InputError as error:
            messages.append(str(error))
    assert all("\n" not in message and path.name in message for message in messages)
    return messages


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("list.txt", "ffconcat version 1.0\nfile other.ts\n"),
        ("list.mp4", "ffconcat version 1.0\nfile other.ts\n"),
        ("list.m3u8", "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nother.ts\n#EXT-X-ENDLIST\n"),
    ],
)
def test_a_playlist_does_not_read_other_files(make, ticks, name, text):
    path = make.video("other.ts", ticks(5, 25)).with_name(name)
    path.write_text(text)
    messages = readable_or_one_line(path)
    assert len(messages) == 3
    assert all("a list that refers to other files" in message for message in messages)


def test_a_playlist_does_not_reach_the_network(tmp_path):
    """A server on this machine would be asked for the part."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        address = f"http://127.0.0.1:{server.getsockname()[1]}/a.ts"
        path = tmp_path / "list.m3u8"
        path.write_text(
            f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{address}\n#EXT-X-ENDLIST\n"
        )
        assert len(readable_or_one_line(path)) == 3
        with pytest.raises(TimeoutError):
            server.accept()


@pytest.mark.parametrize("scale", [0, 1, 2**31 - 1, 2**32 - 1])
@pytest.mark.parametrize("track", [0, 1])
def test_time_scales(make, ticks, scale, track):
    path = make.video("clip.mp4", ticks(5, 25), audio=make.click(0.3, 0.1))
    data = bytearray(path.read_bytes())
    at = data.index(b"mdhd")
    if track:
        at = data.index(b"mdhd", at + 4)
    data[at + 16 : at + 20] = struct.pack(">I", scale)
    path.write_bytes(data)
    readable_or_one_line(path)


def wav_of(path, channels=1, rate=16_000, kind=1, bits=16, samples=b"\1\0" * 6400):
    head = struct.pack("<HHIIHH", kind, channels, rate, 0, channels * bits // 8, bits)
    body = b"WAVEfmt " + struct.pack("<I", 16) + head + b"data" + struct.pack("<I", len(samples))
    path.write_bytes(b"RIFF" + struct.pack("<I", len(body) + len(samples)) + body + samples)
    return path


@pytest.mark.parametrize("channels", [3, 8, 16, 17, 64, 255, 30_000])
def test_channels(tmp_path, channels):
    messages = readable_or_one_line(wav_of(tmp_path / "many.wav", channels=channels))
    assert len(messages) == (2 if channels <= 16 else 3)  # it has no video


@pytest.mark.parametrize("rate", [0, 1, 2**31 - 1, 2**31, 2**32 - 1])
def test_rates(tmp_path, rate):
    assert len(readable_or_one_line(wav_of(tmp_path / "rate.wav", rate=rate))) >= 2


@pytest.mark.parametrize("value", [3e38, -3e38, 1e10, np.inf, np.nan])
def test_float_samples_far_beyond_full_scale(tmp_path, value):
    samples = np.full(3200, value, "<f4").tobytes()
    messages = readable_or_one_line(wav_of(tmp_path / "loud.wav", 1, 16_000, 3, 32, samples))
    assert len(messages) == 3
    assert "export it again" in messages[2]


@pytest.mark.parametrize("suffix", [".webm", ".mkv", ".mp4", ".ts"])
def test_flipped_bytes_in_the_header(make, ticks, suffix):
    codec = "libvpx-vp9" if suffix == ".webm" else "libx264"
    sound = {".webm": "libopus"}.get(suffix, "aac")
    path = make.video(
        f"clip{suffix}", ticks(4, 25), codec=codec, audio=make.click(0.2, 0.1), audio_codec=sound
    )
    whole, rng = path.read_bytes(), np.random.default_rng(0)
    for _ in range(25):
        data = np.frombuffer(whole, np.uint8).copy()
        at = rng.integers(0, min(600, data.size), 3)
        data[at] = rng.integers(0, 256, 3)
        path.write_bytes(data.tobytes())
        readable_or_one_line(path)


@pytest.mark.parametrize("error", [ZeroDivisionError, MemoryError, OverflowError])
def test_what_ffmpeg_raises_is_one_line(make, ticks, error):
    path = make.video("clip.mp4", ticks(2, 25))
    with pytest.raises(InputError, match=r"clip\.mp4: damaged"), open_media(path):
        raise error
