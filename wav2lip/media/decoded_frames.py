"""Decode the frames of a video, with their presentation times."""

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from wav2lip.errors import InputError
from wav2lip.media.container import decode, open_media, video_stream
from wav2lip.media.file_end import add_end
from wav2lip.media.rules import MAX_FPS, MIN_FPS, MISSING, STILL_FPS, check_pixels
from wav2lip.media.stated_duration import stated_duration
from wav2lip.media.timeline import TrackClock

log = logging.getLogger(__name__)

INTERLACED = (
    "the video is interlaced, and moving edges will look like combs: deinterlace it before, for example with "
    "ffmpeg -i IN -vf bwdif OUT"
)


def decoded_frames(path: Path, problems: list[str]) -> Iterator[tuple[Any, float, int]]:
    """Decode a video; damaged packets are skipped, and a track that is cut off ends early.

    Args:
        path: the file.
        problems: receives one line per kind of damage, after the last frame.

    Yields:
        The `av` frame, its time in seconds, and its index; times start at 0 and strictly increase.

    Raises:
        InputError: there is no video, or no frame decodes.
    """
    with open_media(path) as container:
        stream = video_stream(container)
        if stream is None:
            raise InputError(f"{path}: has no video track; give a photo or a video")
        check_pixels(path, stream.width or 0, stream.height or 0)
        stream.thread_type = "NONE"  # a third less work; other stages use the other cores
        rate = stream.average_rate
        step = float(1 / rate) if rate and MIN_FPS <= rate <= MAX_FPS else float(1 / STILL_FPS)
        index, start, last, length = 0, 0.0, 0.0, step
        clock, found = TrackClock(path), list[str]()
        # AVI stores no presentation times: FFmpeg counts packets, whose order is that of decoding.
        counted = container.format.name == "avi"
        for frame in decode(container, stream, found):
            time = last + step
            ticks = frame.dts if counted and frame.dts is not None else frame.pts
            if ticks is not None:
                time = clock(float(ticks * frame.time_base)) - start
            if index == 0:
                start, time = (0.0 if ticks is None else time), 0.0
            elif time <= last:
                time = last + step
            length = float(frame.duration * frame.time_base) if frame.duration else step
            if frame.interlaced_frame and INTERLACED not in found:
                found.append(INTERLACED)
            yield frame, time, index
            index, last = index + 1, time
        stated = stated_duration(container, stream)
        short = (
            index > 0
            and stated is not None
            and not clock.jumps
            and stated - last - length > MISSING + step
        )
        add_end(path, found, short)
        if short:
            found.append(f"the video ends at {last + length:.2f} s, its header says {stated:.2f} s")
        found += clock.jumps
    problems += [line for line in found if line not in problems]
    for problem in found:
        log.warning("%s: %s", path, problem)
    if index == 0:
        raise InputError(f"{path}: no frame decodes; give another file")
