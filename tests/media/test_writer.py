import itertools
import subprocess
import sys
from fractions import Fraction
from typing import Any

import av
import numpy as np
import pytest

from wav2lip.errors import InputError
from wav2lip.media.audio import load_wav
from wav2lip.media.encoders import time_base
from wav2lip.media.video import Colours, VideoWriter, probe, read_frames

NTSC = Fraction(30_000, 1001)


def write(path, times, make, size=(96, 64), fps=Fraction(25), **options: Any):
    with VideoWriter(path, *size, fps, **options) as writer:
        for index, time in enumerate(times):
            writer.write(make.picture(index, *size), time)
    return path


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def exact_times(path):
    with av.open(str(path)) as container:
        return [frame.pts * frame.time_base for frame in container.decode(video=0)]


def sound_codec(path):
    with av.open(str(path)) as container:
        return container.streams.audio[0].codec_context.codec.canonical_name


def test_ntsc_is_exact(make, tmp_path):
    times = [float(index / NTSC) for index in range(40)]
    path = write(tmp_path / "out.mp4", times, make, fps=NTSC)
    assert exact_times(path) == [index / NTSC for index in range(40)]
    info = probe(path)
    assert info.fps == NTSC
    assert info.duration == pytest.approx(float(40 / NTSC), abs=1e-5)


def test_variable_times_are_kept_and_the_last_frame_has_its_length(make, tmp_path):
    times = [0.0, 0.04, 0.12, 0.13, 0.5]
    path = tmp_path / "new folder" / "it's.v1.mp4"
    with VideoWriter(path, 96, 64, Fraction(25)) as writer:
        for index, time in enumerate(times):
            writer.write(make.picture(index), time)
        writer.close(end=0.9)
    assert [float(time) for time in exact_times(path)] == pytest.approx(times, abs=1e-5)
    assert probe(path).duration == pytest.approx(0.9, abs=1e-4)
    assert [make.block(frame.image) for frame in read_frames(path)] == [0, 1, 2, 3, 4]
    assert names(path.parent) == [path.name]


def test_the_clock_fits_the_rate():
    assert time_base(NTSC) == Fraction(1, 90_000)
    assert time_base(Fraction(24_000, 1001)) == Fraction(1, 96_000)
    assert time_base(Fraction(25)) == Fraction(1, 90_000)
    assert time_base(Fraction(6_973_440, 233_221)) == Fraction(1, 90_000)


@pytest.mark.parametrize(
    ("suffix", "audio_codec", "kept"),
    [
        (".mp4", "aac", "aac"),
        (".mov", "mp3", "mp3"),
        (".mkv", "libopus", "opus"),
        (".mp4", "pcm_s16le", None),
        (".webm", "aac", None),
    ],
)
def test_sound_is_copied_where_it_can_be(make, tmp_path, ticks, suffix, audio_codec, kept):
    source = make.video(
        "source.mkv", ticks(25, 25), audio=make.click(1.0, 0.5), audio_codec=audio_codec
    )
    path = write(tmp_path / f"out{suffix}", ticks(25, 25), make, audio=source)
    with av.open(str(path)) as made:
        assert made.streams.video[0].codec_context.name == ("vp9" if suffix == ".webm" else "h264")
    assert sound_codec(path) == (kept or ("opus" if suffix == ".webm" else "aac"))
    assert make.onset(load_wav(path)) == pytest.approx(0.5, abs=0.01)
    with av.open(str(source)) as before, av.open(str(path)) as after:
        old = [bytes(packet) for packet in before.demux(audio=0) if packet.size]
        new = [bytes(packet) for packet in after.demux(audio=0) if packet.size]
    assert (old == new) == (kept is not None)


def test_m4v_takes_the_sound_of_broadcasts(make, tmp_path, ticks):
    sound = tmp_path / "broadcast.mkv"
    with av.open(str(sound), "w") as output:
        stream = output.add_stream("eac3", rate=48_000, layout="mono")
        wav = make.click(1.0, 0.5, 48_000)
        for start in range(0, 48_000, 1536):
            frame = av.AudioFrame.from_ndarray(wav[None, start : start + 1536], "fltp", "mono")
            frame.sample_rate, frame.pts = 48_000, start
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    path = write(tmp_path / "out.m4v", ticks(25, 25), make, audio=sound)
    assert sound_codec(path) == "eac3"


def test_mp3_of_a_rate_that_mp4_has_not_is_encoded(make, tmp_path, ticks):
    sound = tmp_path / "telephone.mp3"
    with av.open(str(sound), "w") as output:
        stream = output.add_stream("libmp3lame", rate=8000, layout="mono")
        frame = av.AudioFrame.from_ndarray(make.click(1.0, 0.5, 8000)[None], "fltp", "mono")
        frame.sample_rate = 8000
        output.mux([*stream.encode(frame), *stream.encode(None)])
    path = write(tmp_path / "out.mp4", ticks(25, 25), make, audio=sound)
    assert sound_codec(path) == "aac"
    assert make.onset(load_wav(path)) == pytest.approx(0.5, abs=0.02)


def test_sound_without_its_codec_header_is_encoded(make, tmp_path, ticks):
    """Damage of an mkv can take the header away and leave the packets."""
    source = make.video("a.mkv", ticks(5, 25), audio=make.click(0.3, 0.1), audio_codec="libopus")
    data = source.read_bytes()
    at = data.index(b"\x63\xa2", data.index(b"A_OPUS"))  # CodecPrivate becomes a Void element
    source.write_bytes(data[:at] + b"\xec\x40" + bytes([data[at + 2] - 1]) + data[at + 3 :])
    with av.open(str(source)) as container:
        assert not container.streams.audio[0].codec_context.extradata
    path = tmp_path / "out.mp4"
    with VideoWriter(path, 96, 64, 25, audio=source) as writer:
        assert not writer.audio_copied
        for frame in read_frames(source):
            writer.write(frame.image, frame.time)
        writer.close(0.3)
    with av.open(str(path)) as container:
        assert container.streams.audio[0].codec_context.name == "aac"


@pytest.mark.parametrize("audio_codec", ["aac", "pcm_s16le"])
@pytest.mark.parametrize(("late", "heard"), [(0.3, 0.8), (0.0, 0.5)])
def test_streams_that_start_apart_stay_in_sync(make, tmp_path, ticks, audio_codec, late, heard):
    source = make.video(
        "source.mkv",
        ticks(25, 25),
        audio=make.click(1.0, 0.5),
        audio_start=late,
        audio_codec=audio_codec,
    )
    path = write(tmp_path / "out.mp4", ticks(25, 25), make, audio=source)
    assert make.onset(load_wav(path)) == pytest.approx(heard, abs=0.01)


@pytest.mark.parametrize("audio_codec", ["aac", "pcm_s16le"])
def test_sound_before_the_picture_is_left_out(make, tmp_path, ticks, audio_codec):
    times = [0.4 + time for time in ticks(25, 25)]
    source = make.video("s.mkv", times, audio=make.click(1.4, 0.9), audio_codec=audio_codec)
    path = write(tmp_path / "out.mp4", ticks(25, 25), make, audio=source)
    assert make.onset(load_wav(path)) == pytest.approx(0.5, abs=0.01)
    assert exact_times(path)[0] == 0


def test_the_sound_keeps_its_length_or_ends_with_the_picture(make, tmp_path, ticks):
    voice = make.wav("voice.wav", make.click(2.0, 0.1), 44_100, 2)
    whole = write(tmp_path / "whole.mp4", ticks(10, 25), make, audio=voice)
    assert load_wav(whole).size / 16_000 == pytest.approx(2.0 * 16_000 / 44_100, abs=0.03)
    longer = make.wav("longer.wav", make.click(2.0, 0.1))
    whole = write(tmp_path / "whole.mp4", ticks(10, 25), make, audio=longer)
    assert load_wav(whole).size / 16_000 == pytest.approx(2.0, abs=0.07)
    short = write(tmp_path / "short.mp4", ticks(10, 25), make, audio=longer, trim=True)
    assert load_wav(short).size / 16_000 == pytest.approx(0.4, abs=0.07)


@pytest.mark.parametrize("tags", [Colours(), Colours(1, 1, 1, 1), Colours(2, 5, 5, 6)])
def test_colours_and_tags_come_back(make, tmp_path, ticks, tags):
    path = write(tmp_path / "out.mp4", ticks(3, 25), make, colours=tags, crf=10)
    assert probe(path).colours == tags
    for index, frame in enumerate(read_frames(path)):
        error = frame.image.astype(int) - make.picture(index)
        assert np.abs(error).mean() < 2
        assert np.abs(error.mean(axis=(0, 1))).max() < 1.0


def test_odd_sides_gain_a_line_and_pixels_keep_their_shape(make, tmp_path, ticks):
    aspect = Fraction(4, 3)
    size = (97, 63)
    path = write(
        tmp_path / "o.mp4", ticks(2, 25), make, size=size, pixel_aspect=aspect, crf=10, threads=1
    )
    info = probe(path)
    assert (info.width, info.height, info.pixel_aspect) == (98, 64, aspect)
    image = next(read_frames(path)).image[:63, :97]
    assert np.abs(image.astype(int) - make.picture(0, *size)).mean() < 3


class StopError(Exception):
    pass


def interrupted(times, stop):
    yield from times
    raise stop


@pytest.mark.parametrize("stop", [StopError, KeyboardInterrupt])
def test_nothing_is_left_after_an_interruption(make, tmp_path, ticks, stop):
    voice = make.wav("voice.wav", make.click(1.0, 0.1))
    before = names(tmp_path)
    with pytest.raises(stop):
        write(tmp_path / "out.mp4", interrupted(ticks(80, 25), stop), make, audio=voice)
    assert names(tmp_path) == before


def test_an_old_output_stays_until_the_new_one_is_whole(make, tmp_path):
    path = tmp_path / "out.mp4"
    path.write_text("old")
    with pytest.raises(InputError, match="no frames"), VideoWriter(path, 96, 64, Fraction(25)):
        pass
    assert path.read_text() == "old"
    assert names(tmp_path) == ["out.mp4"]


def test_what_cannot_be_written_is_said_in_one_line(make, tmp_path, ticks):
    file = tmp_path / "file"
    file.touch()
    mute = make.video("mute.mp4", ticks(2, 25))
    for path, options, message in [
        (tmp_path / "out.gif", {}, "use one of .mp4"),
        (tmp_path / "out", {}, "unknown video format"),
        (tmp_path / "o.mp4", {"codec": "h266"}, "codec 'h266' is unknown"),
        (tmp_path / "o.mp4", {"preset": "warp"}, "preset 'warp'"),
        (tmp_path / "o.webm", {"codec": "libx264"}, "WebM does not support libx264"),
        (file / "o.mp4", {}, "a part of the path is a file"),
        (tmp_path / f"{'n' * 300}.mp4", {}, "too long"),
        (tmp_path / "o.mp4", {"audio": mute}, "no sound track"),
        (tmp_path / "o.mp4", {"audio": tmp_path / "none.wav"}, "no such file"),
        (tmp_path / "o.mp4", {"fps": Fraction(0)}, "above 0"),
    ]:
        with pytest.raises(InputError, match=message) as error:
            write(path, ticks(2, 25), make, **options)
        assert "\n" not in str(error.value)
    assert names(tmp_path) == ["file", "mute.mp4"]


FULL_DISK = """
import resource, sys
from fractions import Fraction
import numpy as np
from wav2lip.errors import InputError
from wav2lip.media.video import VideoWriter
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
noise = np.random.default_rng(0)
try:
    with VideoWriter(sys.argv[1], 96, 64, Fraction(25), crf=1) as writer:
        for index in range(100):
            writer.write(noise.integers(0, 256, (64, 96, 3), dtype=np.uint8), index / 25)
except InputError as error:
    print(error)
"""


def test_a_full_disk_is_said_and_leaves_nothing(tmp_path):
    path = tmp_path / "out.mp4"
    command = [sys.executable, "-c", FULL_DISK, str(path)]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "cannot be written" in run.stdout
    assert len(run.stdout.splitlines()) == 1
    assert names(tmp_path) == []


def test_gpu_encoder_works_or_says_what_to_use(make, tmp_path, ticks):
    path = tmp_path / "out.mp4"
    problem = ""
    try:
        write(path, ticks(3, 25), make, size=(320, 240), codec="h264_nvenc")
    except InputError as error:
        problem = str(error)
    assert path.exists() != ("libx264" in problem)


@pytest.mark.slow
def test_every_hard_video_beside_the_checkout_is_written_with_its_own_clock(shared, tmp_path):
    for source in sorted((shared / "media" / "hard").glob("*.[mwa][pev]*")):
        info = probe(source)
        audio = source if info.has_audio else None
        path = tmp_path / "out.mp4"
        size, tags = (info.width, info.height), info.colours
        with VideoWriter(path, *size, info.fps, audio=audio, colours=tags) as writer:
            times = []
            for frame in itertools.islice(read_frames(source), 8):
                writer.write(frame.image, frame.time)
                times.append(frame.time)
        assert probe(path).colours == tags
        assert [frame.time for frame in read_frames(path)] == pytest.approx(times, abs=2e-5)
        if audio is not None:
            before, after = load_wav(source), load_wav(path)
            count = min(before.size, after.size, 64_000)
            assert abs(before.size - after.size) < 800
            if np.abs(before[:count]).max() > 0.01:  # some are silent
                # Not equal: the resampler starts within a sample of where it did.
                assert np.corrcoef(before[:count], after[:count])[0, 1] > 0.98
