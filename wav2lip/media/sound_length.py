"""Length of sound files as their headers state it. FFmpeg derives it from the size of the file."""

import struct
from pathlib import Path

from wav2lip.media.file_end import UNENDING

RIFF_HEAD = 12  # bytes before the first chunk of a WAV file


def wav_seconds(path: Path) -> float | None:
    """Return the duration that the header of a WAV file states, or None if it does not state one."""
    with path.open("rb") as file:
        head = file.read(RIFF_HEAD)
        if head[:4] != b"RIFF" or head[8:] != b"WAVE":
            return None
        rate = 0  # bytes per second
        while len(chunk := file.read(8)) == 8:
            kind, size = struct.unpack("<4sI", chunk)
            if kind == b"data":
                return size / rate if rate and 0 < size < UNENDING else None
            if kind == b"fmt ":
                content = file.read(size + size % 2)[:16]
                if len(content) < 16:
                    return None
                (rate,) = struct.unpack_from("<I", content, 8)
            else:
                file.seek(size + size % 2, 1)
    return None
