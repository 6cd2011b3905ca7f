import itertools
import struct
import zlib
from fractions import Fraction

import av
import cv2
import numpy as np
import pytest

from wav2lip.errors import InputError
from wav2lip.inference import sources
from wav2lip.inference.sources import ReversedVideo
from wav2lip.media.still import is_still
from wav2lip.media.video import Colours, probe, read_frames, read_image


def frames_of(path):
    return list(read_frames(path))


@pytest.mark.parametrize("fps", [5, 25, 60])
def test_constant_rates_keep_their_times(make, ticks, fps):
    path = make.video("clip.mp4", ticks(12, fps), fps=fps)
    info = probe(path)
    assert (info.width, info.height, info.fps) == (96, 64, fps)
    assert info.duration == pytest.approx(12 / fps, abs=0.001)
    assert not info.has_audio
    assert not info.is_still
    frames = frames_of(path)
    assert [frame.index for frame in frames] == list(range(12))
    assert [frame.time for frame in frames] == pytest.approx(ticks(12, fps), abs=1e-4)
    assert [make.block(frame.image) for frame in frames[:10]] == list(range(10))
    assert frames[0].image.shape == (64, 96, 3)
    assert frames[0].image.dtype == np.uint8


def test_rotation_is_applied(make, ticks):
    upright = make.video("upright.mp4", ticks(3, 25))
    turned = make.turned(upright, "turned.mp4")
    info = probe(turned)
    assert (info.width, info.height, info.rotation) == (64, 96, 270)
    expected = cv2.rotate(frames_of(upright)[1].image, cv2.ROTATE_90_CLOCKWISE)
    np.testing.assert_array_equal(frames_of(turned)[1].image, expected)


def test_no_duration_in_the_header(make, ticks):
    path = make.video("live.mkv", ticks(10, 25), live="1")
    info = probe(path)
    assert info.duration == pytest.approx(0.4, abs=0.005)
    assert info.fps == 25
    assert len(frames_of(path)) == 10


def test_odd_sizes_and_other_pixel_formats(make, ticks):
    path = make.video("odd.mkv", ticks(3, 25), size=(97, 63), codec="ffv1", pix_fmt="yuv420p")
    assert probe(path).width == 97
    image = frames_of(path)[0].image
    assert image.shape == (63, 97, 3)
    assert np.abs(image.astype(int) - make.picture(0, 97, 63)).mean() < 3
    ten_bit = make.video("deep.mkv", ticks(2, 25), codec="ffv1", pix_fmt="yuv444p10le")
    image = frames_of(ten_bit)[0].image
    assert np.abs(image.astype(int) - make.picture(0)).mean() < 1


def test_a_video_that_changes_its_size_keeps_the_first(make, ticks, tmp_path):
    parts = [make.video("a.ts", ticks(6, 25)), make.video("b.ts", ticks(6, 25), size=(48, 32))]
    path = tmp_path / "both.ts"
    path.write_bytes(b"".join(part.read_bytes() for part in parts))
    frames = frames_of(path)
    assert len(frames) > 8
    assert {frame.image.shape for frame in frames} == {(64, 96, 3)}
    assert np.diff([frame.time for frame in frames]).min() > 0
    assert {frame.picture.size for frame in read_frames(path)} == {(64, 96)}


def test_a_track_that_breaks_off_gives_what_there_is(make, ticks, tmp_path):
    whole = make.video("whole.mp4", ticks(60, 25), movflags="+faststart", fps=25)
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(whole.read_bytes()[: int(whole.stat().st_size * 0.7)])
    problems: list[str] = []
    frames = list(read_frames(cut, problems))
    assert 5 < len(frames) < 60
    assert make.block(frames[3].image) == 3
    assert problems
    headless = tmp_path / "headless.mp4"
    headless.write_bytes(whole.read_bytes()[:400])
    with pytest.raises(InputError, match=r"headless\.mp4: not a readable"):
        probe(headless)


def test_names_are_only_names(make, ticks, tmp_path):
    source = make.video("clip.mp4", ticks(2, 25))
    for name in ["-i.mp4", "a b.mp4", "50%d.mp4", "x:y.mp4", "q'\".mp4", "größe.v2.1.mp4"]:
        path = tmp_path / name
        path.write_bytes(source.read_bytes())
        assert len(frames_of(path)) == 2


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp", ".bmp"])
def test_stills(make, suffix):
    path = make.image(f"face{suffix}", make.picture(2))
    info = probe(path)
    assert (info.width, info.height, info.is_still, info.duration) == (96, 64, True, None)
    assert info.fps == Fraction(25)
    (frame,) = frames_of(path)
    assert np.abs(frame.image.astype(int) - make.picture(2)).mean() < 3


def test_transparency_is_white(make):
    pixels = np.zeros((4, 4, 4), np.uint8)
    pixels[:2] = (10, 20, 30, 255)
    image = read_image(make.image("logo.png", pixels))
    assert image.shape == (4, 4, 3)
    assert image[0, 0].tolist() == [10, 20, 30]
    assert image[3, 3].tolist() == [255, 255, 255]


def test_exif_orientation_is_applied(make, tmp_path):
    plain = make.image("plain.jpg", make.picture(0))
    data = plain.read_bytes()
    # Orientation 6: the camera was turned, show it clockwise by 90 degrees.
    tiff = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0"
    exif = b"Exif\0\0" + tiff
    segment = b"\xff\xe1" + (len(exif) + 2).to_bytes(2, "big") + exif
    path = tmp_path / "turned.jpg"
    path.write_bytes(data[:2] + segment + data[2:])
    expected = cv2.rotate(read_image(plain), cv2.ROTATE_90_CLOCKWISE)
    np.testing.assert_array_equal(read_image(path), expected)
    assert (probe(path).width, probe(path).height) == (64, 96)


def test_files_without_a_picture_are_named(make, tmp_path):
    sound = make.wav("voice.wav", np.zeros(800, np.float32))
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(20))
    for path, message in [
        (sound, "no video track"),
        (broken, "image"),
        (tmp_path, "is a directory"),
        (tmp_path / "none.mp4", "no such file"),
    ]:
        with pytest.raises(InputError, match=message) as error:
            probe(path)
        assert str(path) in str(error.value)


def test_untagged_video_has_untagged_colours(make, ticks):
    assert probe(make.video("clip.mp4", ticks(2, 25))).colours == Colours()


@pytest.mark.slow
def test_every_hard_video_beside_the_checkout_is_read(shared):
    for path in sorted((shared / "media" / "hard").glob("*.[mwa][pev]*")):
        info = probe(path)
        times = []
        for frame in itertools.islice(read_frames(path), 25):
            assert frame.image.shape == (info.height, info.width, 3)
            times.append(frame.time)
        assert times[0] == 0
        assert len(times) == 25
        assert (np.diff(times) > 0).all()
        assert 5 <= info.fps <= 50
        assert info.duration is not None
        assert 1 < info.duration < 60


def test_every_still_beside_the_checkout_is_read(shared):
    for path in sorted((shared / "media" / "stills").glob("*.[jp]*")):
        assert min(read_image(path).shape[:2]) > 100


def matrix_of(make, source, name, values):
    """A copy of an mp4 with the display matrix (a, b, c, d)."""
    data = bytearray(source.read_bytes())
    a, b, c, d = (value << 16 for value in values)
    upright = struct.pack(">9i", 1 << 16, 0, 0, 0, 1 << 16, 0, 0, 0, 1 << 30)
    at = data.index(upright, data.index(b"tkhd"))
    data[at : at + len(upright)] = struct.pack(">9i", a, b, 0, c, d, 0, 0, 0, 1 << 30)
    path = make.folder / name
    path.write_bytes(data)
    return path


@pytest.mark.parametrize(
    ("values", "shown"),
    [
        ((-1, 0, 0, 1), lambda image: image[:, ::-1]),
        ((1, 0, 0, -1), lambda image: image[::-1]),
        ((0, 1, 1, 0), lambda image: image.transpose(1, 0, 2)),
        ((0, -1, -1, 0), lambda image: image[::-1, ::-1].transpose(1, 0, 2)),
        ((-1, 0, 0, -1), lambda image: image[::-1, ::-1]),
        ((0, -1, 1, 0), lambda image: np.rot90(image)),
        ((0, 1, -1, 0), lambda image: np.rot90(image, -1)),
    ],
)
def test_every_display_matrix_is_applied_forwards_and_backwards(make, ticks, values, shown):
    upright = make.video("upright.mp4", ticks(4, 25))
    turned = matrix_of(make, upright, "turned.mp4", values)
    info, frames = probe(turned), frames_of(turned)
    expected = [shown(frame.image) for frame in frames_of(upright)]
    assert (info.height, info.width) == expected[0].shape[:2]
    for frame, image in zip(frames, expected, strict=True):
        np.testing.assert_array_equal(frame.image, image)
    for frame in ReversedVideo(info, [f.time for f in frames]):
        np.testing.assert_array_equal(frame.image, expected[frame.index])


@pytest.mark.parametrize("shift", [0, 10])
def test_a_size_that_changes_is_the_first_one_backwards_too(make, ticks, tmp_path, shift):
    parts = [
        make.video("a.ts", ticks(6, 25)),
        make.video("b.ts", [shift + 0.24 + t for t in ticks(6, 25)], size=(48, 32)),
    ]
    path = tmp_path / "both.ts"
    path.write_bytes(b"".join(part.read_bytes() for part in parts))
    frames = frames_of(path)
    back = list(ReversedVideo(probe(path), [f.time for f in frames]))
    assert [f.index for f in back] == list(range(len(frames) - 2, -1, -1))
    assert {f.image.shape for f in back} == {(64, 96, 3)}


def test_a_transport_stream_is_played_backwards_by_seeks(make, ticks, monkeypatch):
    monkeypatch.setattr(sources, "HELD_BYTES", 96 * 64 * 3 // 2 * 20)
    path = make.video("long.ts", ticks(200, 25))
    frames = frames_of(path)
    reversed_video = ReversedVideo(probe(path), [f.time for f in frames])
    monkeypatch.setattr(sources, "read_frames", None)  # which decodes from the start for each run
    back = [(f.index, make.block(f.image)) for f in reversed_video]
    assert back == [(i, make.block(frames[i].image)) for i in range(len(frames) - 2, -1, -1)]


@pytest.mark.parametrize(("suffix", "codec"), [(".mov", "prores_ks"), (".webm", "libvpx-vp9")])
def test_alpha_of_a_video_is_over_white(tmp_path, suffix, codec):
    path = tmp_path / f"alpha{suffix}"
    pixels = np.zeros((64, 96, 4), np.uint8)
    pixels[..., 1] = 255  # a hidden green
    pixels[:32] = (200, 60, 30, 255)
    with av.open(str(path), "w") as output:
        stream = output.add_stream(codec, rate=25)
        stream.width, stream.height = 96, 64
        stream.pix_fmt = "yuva444p10le" if suffix == ".mov" else "yuva420p"
        for index in range(4):
            frame = av.VideoFrame.from_ndarray(pixels, format="rgba")
            frame.pts = index
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    for frame in frames_of(path):
        assert frame.image[50, 48].min() > 245
        assert np.abs(frame.image[10, 48].astype(int) - [30, 60, 200]).max() < 16


@pytest.mark.parametrize("suffix", [".webp", ".png", ".gif"])
def test_animations_are_videos(make, tmp_path, suffix):
    path = tmp_path / f"moving{suffix}"
    animation = cv2.Animation()
    animation.frames = [cv2.cvtColor(make.picture(i), cv2.COLOR_BGR2BGRA) for i in range(6)]
    animation.durations = [80] * 6
    assert cv2.imwriteanimation(str(path), animation)
    info = probe(path)
    assert not info.is_still
    assert (info.width, info.height, float(info.fps)) == (96, 64, pytest.approx(12.5, abs=0.1))
    frames = frames_of(path)
    assert [f.time for f in frames] == pytest.approx([i * 0.08 for i in range(6)], abs=1e-3)
    assert [make.block(f.image) for f in frames] == list(range(6))
    back = list(ReversedVideo(info, [f.time for f in frames]))
    assert [make.block(f.image) for f in back] == [4, 3, 2, 1, 0]


def png_chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def one_frame(suffix, picture):
    """A file of an animation (h, w, 3) that has one frame; OpenCV and Pillow would write a plain image."""
    height, width = picture.shape[:2]
    if suffix == ".gif":
        animation = cv2.Animation()
        animation.frames, animation.durations = [cv2.cvtColor(picture, cv2.COLOR_BGR2BGRA)], [80]
        return bytes(cv2.imencodeanimation(".gif", animation)[1])
    if suffix == ".png":
        rows = b"".join(b"\0" + row.tobytes() for row in picture[..., ::-1])
        return b"\x89PNG\r\n\x1a\n" + b"".join(
            png_chunk(kind, data)
            for kind, data in (
                (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)),
                (b"acTL", struct.pack(">II", 1, 0)),
                (b"fcTL", struct.pack(">IIIIIHHBB", 0, width, height, 0, 0, 80, 1000, 0, 0)),
                (b"IDAT", zlib.compress(rows)),
                (b"IEND", b""),
            )
        )
    still = bytes(cv2.imencode(".webp", picture, [cv2.IMWRITE_WEBP_QUALITY, 101])[1])[12:]
    size = struct.pack("<I", width - 1)[:3] + struct.pack("<I", height - 1)[:3]
    frame = bytes(6) + size + struct.pack("<I", 80)[:3] + b"\0" + still
    chunks = (
        (b"VP8X", bytes([2, 0, 0, 0]) + size),
        (b"ANIM", struct.pack("<IH", 0xFFFFFFFF, 0)),
        (b"ANMF", frame),
    )
    body = b"WEBP" + b"".join(
        kind + struct.pack("<I", len(data)) + data + bytes(len(data) % 2) for kind, data in chunks
    )
    return b"RIFF" + struct.pack("<I", len(body)) + body


@pytest.mark.parametrize("suffix", [".webp", ".png", ".gif"])
def test_an_animation_of_one_frame_is_a_still(make, tmp_path, suffix):
    path = tmp_path / f"one{suffix}"
    path.write_bytes(one_frame(suffix, make.picture(3)))
    assert not is_still(path)  # by its first bytes
    info = probe(path)
    assert (info.is_still, info.fps, info.duration) == (True, 25, None)
    assert (info.width, info.height) == (96, 64)
    assert [make.block(f.image) for f in frames_of(path)] == [3]


def test_an_animation_that_is_cut_off_after_a_frame_is_a_damaged_video(make, tmp_path):
    animation = cv2.Animation()
    animation.frames = [cv2.cvtColor(make.picture(i), cv2.COLOR_BGR2BGRA) for i in range(6)]
    animation.durations = [80] * 6
    whole = bytes(cv2.imencodeanimation(".gif", animation)[1])
    path = tmp_path / "cut.gif"
    path.write_bytes(whole[: len(whole) // 8])
    problems: list[str] = []
    assert len(list(read_frames(path, problems))) == 1
    assert "the mark of the end is missing" in problems[0]
    assert not probe(path).is_still


def test_rgb_video_is_tagged_as_it_is_written(make, ticks):
    path = make.video("rgb.mkv", ticks(2, 25), codec="libx264rgb", pix_fmt="rgb24")
    info = probe(path)
    assert (info.colours.space, info.colours.primaries, info.colours.transfer) == (1, 1, 1)
    frame = frames_of(path)[0]
    assert np.abs(frame.picture.bgr().astype(int) - make.picture(0)).mean() < 2


def test_a_picture_too_large_is_refused_before_it_is_decoded(make, tmp_path, monkeypatch):
    path = tmp_path / "large.png"
    header = b"IHDR" + struct.pack(">IIBBBBB", 30_000, 30_000, 8, 2, 0, 0, 0)
    chunk = struct.pack(">I", 13) + header + struct.pack(">I", zlib.crc32(header))
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk)
    with pytest.raises(
        InputError, match=r"large\.png: 30000x30000 pixels are too many.*MAX_PIXELS"
    ):
        probe(path)
    small = make.image("small.jpg", make.picture(0))
    monkeypatch.setenv("WAV2LIP_MAX_PIXELS", "6143")
    with pytest.raises(InputError, match=r"small\.jpg: 96x64"):
        read_image(small)
    monkeypatch.setenv("WAV2LIP_MAX_PIXELS", "6144")
    assert read_image(small).shape == (64, 96, 3)
    for wrong in ("many", "-1", "0", "1e6"):
        monkeypatch.setenv("WAV2LIP_MAX_PIXELS", wrong)
        with pytest.raises(InputError, match="WAV2LIP_MAX_PIXELS must be a whole number above 0"):
            read_image(small)


def test_the_limit_of_pixels_holds_for_every_frame_of_a_video(make, ticks, monkeypatch):
    path = make.video("a.mp4", ticks(3, 25))
    monkeypatch.setenv("WAV2LIP_MAX_PIXELS", "6143")
    for read in (probe, frames_of):
        with pytest.raises(InputError, match=r"a\.mp4: 96x64 pixels are too many"):
            read(path)
    small, large = (cv2.imencode(".jpg", np.zeros((n, n, 3), np.uint8))[1] for n in (64, 512))
    path = path.with_suffix(".mjpeg")
    path.write_bytes(b"".join(bytes(image) for image in (small, small, large, small)))
    problems: list[str] = []
    assert len(list(read_frames(path, problems))) == 3
    assert problems == ["1 damaged video packets were skipped"]


def test_all_tiles_of_a_photo_are_read(shared):
    path = shared / "cases" / "grid.heic"
    assert (probe(path).width, probe(path).height, probe(path).is_still) == (1024, 1024, True)
    image = read_image(path)
    assert image.shape == (1024, 1024, 3)
    corners = [image[y : y + 256, x : x + 256].std() for y in (256, 768) for x in (256, 640)]
    assert min(corners) > 20


def test_a_photo_with_a_tile_missing_is_one_line(shared, tmp_path):
    path = tmp_path / "cut.heic"
    path.write_bytes((shared / "cases" / "grid.heic").read_bytes()[:30_000])
    with pytest.raises(InputError, match=r"cut\.heic: a tile of the photo is missing or damaged"):
        read_image(path)


def test_a_closed_jump_of_the_clock_is_no_place_to_seek_to(make, monkeypatch):
    """64 s are closed: the picture at 80 s of the file's clock is shown at 16 s, and another one at 80 s."""
    times = [index / 8 for index in range(16)] + [66 + index / 8 for index in range(680)]
    path = make.video("jump.mkv", times, fps=8, size=(64, 48))
    monkeypatch.setattr(sources, "MIN_HELD", 100)
    monkeypatch.setattr(sources, "HELD_BYTES", 0)
    frames = frames_of(path)
    back = list(ReversedVideo(probe(path), [f.time for f in frames]))
    assert [f.index for f in back] == list(range(len(frames) - 2, -1, -1))
    for frame in back[:10]:
        np.testing.assert_array_equal(frame.image, frames[frame.index].image)


def test_reordered_pictures_of_an_avi_keep_their_order_and_rate(make, ticks):
    path = make.video("b-frames.avi", ticks(20, 25))
    frames = frames_of(path)
    assert [f.time for f in frames] == pytest.approx([i / 25 for i in range(20)])
    back = list(ReversedVideo(probe(path), [f.time for f in frames]))
    assert [f.index for f in back] == list(range(18, -1, -1))
    for frame in back:
        np.testing.assert_array_equal(frame.image, frames[frame.index].image)
