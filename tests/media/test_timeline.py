from fractions import Fraction
from itertools import pairwise

import av
import numpy as np
import pytest

from wav2lip.errors import InputError
from wav2lip.media.audio import load_wav, read_mono
from wav2lip.media.timeline import Timeline
from wav2lip.media.video import probe, read_frames
from wav2lip.preprocessing.retiming import retime_frames


@pytest.fixture
def joined(make, tmp_path):
    """Makes an mkv of recordings of 2 s at 25 fps, the sound of each 0.1 s shorter, stamped from `starts`."""

    def build(name, starts, video=True, audio=True):
        path = tmp_path / name
        with av.open(str(path), "w") as output:
            stream = output.add_stream("libx264", rate=25) if video else None
            if stream is not None:
                stream.width, stream.height, stream.pix_fmt = 96, 64, "yuv420p"
                stream.codec_context.options = {"bf": "0", "tune": "zerolatency"}
            sound = output.add_stream("pcm_s16le", rate=16_000, layout="mono") if audio else None
            for part, start in enumerate(starts):
                for index in range(50):
                    time = start + index / 25
                    if stream is not None:
                        frame = av.VideoFrame.from_ndarray(make.picture(index % 10), format="bgr24")
                        frame.pts, frame.time_base = index + 50 * part, Fraction(1, 25)
                        for packet in stream.encode(frame):
                            packet.pts = packet.dts = round(time * 1000)
                            packet.duration = 40
                            packet.time_base = Fraction(1, 1000)
                            output.mux(packet)
                    if sound is not None and index < 48:
                        wav = make.click(1.92, 1.0)[index * 640 :][:640]
                        data = (wav[None] * 30_000).astype(np.int16)
                        piece = av.AudioFrame.from_ndarray(data, format="s16", layout="mono")
                        piece.sample_rate = 16_000
                        for packet in sound.encode(piece):
                            packet.pts = packet.dts = round(time * 1000)
                            packet.duration = 40
                            packet.time_base = Fraction(1, 1000)
                            output.mux(packet)
        return path

    return build


def clicks(wav):
    loud = np.nonzero(np.abs(wav) > 0.2)[0] / 16_000
    return [
        float(loud[0]),
        *(float(b) for a, b in pairwise(loud) if b - a > 0.1),
    ]


@pytest.mark.parametrize("start", [3600.0, 200_000.0])
def test_a_jump_ahead_is_closed_on_both_tracks(joined, start):
    path = joined("joined.mkv", [0.0, start])
    problems: list[str] = []
    frames = list(read_frames(path, problems))
    assert [f.time for f in frames] == pytest.approx([i / 25 for i in range(100)], abs=2e-3)
    assert any("jump" in line for line in problems)
    heard: list[str] = []
    wav = np.concatenate(list(read_mono(path, problems=heard)))
    assert clicks(wav) == pytest.approx([1.0, 3.0], abs=0.005)
    assert any("jump" in line for line in heard)
    assert len(list(retime_frames(read_frames(path), 25))) == 100
    assert probe(path).fps == 25


def test_a_jump_back_starts_another_recording(joined, make, ticks, tmp_path):
    part = make.video("part.ts", ticks(60, 25), fps=25, audio=make.click(2.4, 1.0))
    path = tmp_path / "both.ts"
    path.write_bytes(part.read_bytes() * 2)
    frames = list(read_frames(path))
    assert len(frames) > 110
    assert np.diff([f.time for f in frames]).max() < 0.2
    first, second = clicks(load_wav(path))
    restart = next(
        f.time for f in frames if f.time > 1 and make.block(f.image) == 0 and f.index >= 58
    )
    assert second - restart == pytest.approx(first - frames[0].time, abs=0.1)


def test_a_jump_in_sound_alone_is_closed(joined):
    path = joined("sound.mka", [0.0, 3600.0], video=False)
    assert clicks(load_wav(path)) == pytest.approx([1.0, 2.92], abs=0.005)


def test_a_long_picture_over_sound_is_no_jump(make):
    path = make.video("slide.mkv", [0.0, 90.0], audio=make.click(91, 89))
    assert [f.time for f in read_frames(path)] == pytest.approx([0, 90], abs=2e-3)
    assert Timeline(path).jumps == []


@pytest.mark.parametrize("hours", [10, 200])
def test_an_absurd_start_of_the_sound_is_refused(make, ticks, hours):
    path = make.video(
        "late.mkv", ticks(5, 25), audio=make.click(0.2, 0.1), audio_start=hours * 3600
    )
    with pytest.raises(InputError, match=r"late\.mkv: the sound starts \d+ s after the video ends"):
        load_wav(path)


def test_a_slide_show_of_reordered_pictures_is_one_recording(make):
    """The header's rate is below 1 per second, so packets are counted; B-frames are decoded 4 s early."""
    path = make.video("slides.mp4", [2.0 * index for index in range(12)], fps=1)
    info = probe(path)
    assert (info.fps, info.duration) == (Fraction(1, 2), 24.0)
