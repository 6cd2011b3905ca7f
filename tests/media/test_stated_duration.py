import av
import numpy as np
import pytest

from wav2lip.media.audio import read_mono
from wav2lip.media.container import audio_stream, open_media, video_stream
from wav2lip.media.stated_duration import stated_duration

RATE = 48_000  # of which AC-3 has no lower ones


def _write(path, wav, codec, options=None):
    """Encode a sound as FFmpeg's command would, with options of the muxer."""
    with av.open(str(path), "w", options=options or {}) as output:
        stream = output.add_stream(codec, rate=RATE, layout="mono")
        for start in range(0, len(wav), 1024):
            frame = av.AudioFrame.from_ndarray(wav[None, start : start + 1024], "fltp", "mono")
            frame.sample_rate, frame.pts = RATE, start
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    return path


@pytest.fixture(scope="module")
def wav():
    """Three seconds of silence, then noise: the first packets have a fraction of the mean bit rate."""
    noise = np.random.default_rng(0).normal(0, 0.2, 6 * RATE)
    return np.concatenate([np.zeros(3 * RATE), noise]).astype(np.float32)


def _stated(path):
    with open_media(path) as container:
        return stated_duration(container, audio_stream(container))


@pytest.mark.parametrize(("name", "codec"), [("a.aac", "aac"), ("a.ac3", "ac3")])
def test_packets_without_a_header_state_nothing_and_are_read_whole(tmp_path, wav, name, codec):
    path = _write(tmp_path / name, wav, codec)
    assert _stated(path) is None
    problems = []
    assert sum(map(len, read_mono(path, problems=problems))) == pytest.approx(144_000, abs=4096)
    assert problems == []


@pytest.mark.parametrize(("write_xing", "stated"), [("1", 9.0), ("0", None)])
def test_an_mp3_states_its_length_in_the_tag_of_its_first_frame(tmp_path, wav, write_xing, stated):
    path = _write(tmp_path / "a.mp3", wav, "libmp3lame", {"write_xing": write_xing})
    assert _stated(path) == (stated and pytest.approx(stated, abs=0.1))


def test_a_video_that_starts_late_is_as_long_as_its_pictures(make, ticks):
    path = make.video("late.mkv", [2.0 + time for time in ticks(5, 25)])
    with open_media(path) as container:
        stated = stated_duration(container, video_stream(container))
    assert stated == pytest.approx(0.2, abs=0.01)


def test_the_tag_of_an_mp3_comes_after_its_cover(tmp_path, wav):
    path = _write(tmp_path / "a.mp3", wav, "libmp3lame", {"id3v2_version": "0"})
    cover = bytes(5000)  # a tag of 5000 bytes: 39 * 128 + 8
    path.write_bytes(b"ID3\x04\x00\x00\x00\x00\x27\x08" + cover + path.read_bytes())
    assert _stated(path) == pytest.approx(9.0, abs=0.1)
