"""Uploads that a server must refuse, each with one line."""

import io
import json
import random
import struct
import zipfile
import zlib
from collections.abc import Iterator

import numpy as np

MAGIC = (
    b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0", b"BM", b"RIFF\x00\x00\x00\x00WAVE", b"GIF89a", b"fLaC", b"OggS",
    b"ID3\x03", b"\x1aE\xdf\xa3", b"\x00\x00\x00 ftypisom", b"RIFF\x00\x00\x00\x00WEBP", b"II*\x00",
)  # fmt: skip
BMP = b"BM" + struct.pack("<IIIIiiHHIIIIII", 100, 0, 54, 40, 2**15, 2**15, 1, 24, *[0] * 6)
Upload = tuple[str, list[tuple[str, tuple[str, bytes]]], dict[str, str]]  # name, files, fields


def wav(samples: np.ndarray, rate: int = 16_000) -> bytes:
    """Return a WAV file of float samples."""
    data = samples.astype("<f4").tobytes()
    form = struct.pack("<HHIIHH", 3, 1, rate, rate * 4 % 2**32, 4, 32)
    chunks = b"fmt " + struct.pack("<I", 16) + form + b"data" + struct.pack("<I", len(data)) + data
    return b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WAVE" + chunks


def png(width: int, height: int) -> bytes:
    """Return a PNG file that claims a size and has no pixels to it."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        crc = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + crc

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    rows = chunk(b"IDAT", zlib.compress(b"\0" * 1000))
    return MAGIC[0] + chunk(b"IHDR", head) + rows + chunk(b"IEND", b"")


def _contents(seed: int) -> Iterator[tuple[str, bytes]]:
    """Yield contents that are neither a face nor a sound."""
    yield "empty", b""
    yield "one byte", b"\0"
    yield "zeros", bytes(5000)
    yield "text", b"This is no picture and no sound.\n" * 20
    yield "html", b"<!doctype html><script>alert(1)</script>" * 10
    yield "json", json.dumps({"a": [1] * 100}).encode()
    yield "svg", b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'
    yield "playlist", b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n"
    yield "concat", b"ffconcat version 1.0\nfile /etc/passwd\n"
    yield "sdp", b"v=0\no=- 0 0 IN IP4 127.0.0.1\nm=audio 9 RTP/AVP 0\n"
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("../../x", b"0" * 100_000)
    yield "zip", archive.getvalue()
    rng = random.Random(seed)
    for magic in MAGIC:
        yield f"{magic!r} alone", magic
        yield f"{magic!r} and noise", magic + rng.randbytes(rng.randrange(16, 3000))
    for _ in range(20):
        yield "noise", rng.randbytes(rng.randrange(1, 5000))


def bad_uploads(face: bytes, audio: bytes) -> Iterator[Upload]:
    """Yield 200 uploads; `face` and `audio` are good ones."""
    count = 0

    def upload(name: str, **parts: bytes) -> Upload:
        files = {"face": face, "audio": audio, **parts}
        return name, [(part, ("../../x", content)) for part, content in files.items()], {}

    special = [
        upload("a png of 60000 x 60000", face=png(60_000, 60_000)),
        upload("a png of 2^31 x 1", face=png(2**31 - 1, 1)),
        upload("a png of no size", face=png(0, 0)),
        upload("a bmp of 2^30 pixels", face=BMP),
        upload("a face cut to 100 bytes", face=face[:100]),
        upload("a sound cut to its header", audio=audio[:44]),
        upload("a sound cut in its header", audio=audio[:20]),
        upload("NaN", audio=wav(np.full(16_000, np.nan))),
        upload("infinity", audio=wav(np.full(16_000, np.inf))),
        upload("one NaN", audio=wav(np.where(np.arange(16_000) == 9_000, np.nan, 0.1))),
        upload("far beyond full scale", audio=wav(np.full(16_000, 1e30))),
        upload("no sample", audio=wav(np.zeros(0))),
        upload("a rate of 0", audio=wav(np.zeros(100), 0)),
        upload("a rate of 2^31", audio=wav(np.zeros(100), 2**31)),
        upload("too long", audio=wav(np.zeros(31 * 16_000))),
        upload("the two exchanged", face=audio, audio=face),
        upload("too large", audio=bytes(3_000_000)),
        upload("an unknown part", other=b"1"),
    ]  # fmt: skip
    special += [
        ("one part", [("face", ("a", face))], {}),
        ("the other part", [("audio", ("a", audio))], {}),
    ]
    special.append(("two faces", [("face", ("a", face))] * 2 + [("audio", ("a", audio))], {}))
    for text in (
        "{", "[]", "1", "null", '"x"', '{"fps": 0}', '{"fps": "x"}', '{"fps": null}', '{"nose": 1}', '{"crf": 99}',
        '{"detector_weights": "/etc/passwd"}', '{"box": [5, 1, 0, 9]}', '{"crop": "all"}', '{"faces": -1}',
        '{"motion": 1e9}', '{"fps": Infinity}', '{"blend": "../x"}', '{"__class__": 1}', "[" * 9000, "\x00",
    ):  # fmt: skip
        name, files, _ = upload(f"settings {text[:20]}")
        special.append((name, files, {"settings": text}))
    name, files, _ = upload("a flag that is none")
    special.append((name, files, {"check_sync": "perhaps"}))
    for item in special:
        yield item
        count += 1
    seed = 0
    while True:
        for name, content in _contents(seed):
            for part in ("face", "audio"):
                if count == 200:
                    return
                yield upload(f"{part}: {name} ({seed})", **{part: content})
                count += 1
        seed += 1
