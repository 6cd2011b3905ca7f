"""Jumps of a file's clock: found in both tracks together and closed on both alike.

Recordings that were joined carry the clocks of their parts. The clock then jumps back, or ahead over a
long stretch in which the file has neither picture nor sound. The parts follow each other without a gap.
"""

import os
from bisect import bisect_right
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any

from wav2lip.errors import InputError
from wav2lip.media.container import audio_stream, open_media, video_stream
from wav2lip.media.rules import BACK, MAX_GAP

MAX_LENGTH = 1.0  # seconds; packets that claim to last longer stand before a jump
Span = tuple[float, float]  # start and end in seconds of the file's clock


def _length(packet: Any) -> float:
    return min(float((packet.duration or 0) * packet.time_base), MAX_LENGTH)


def decoding_time(packet: Any) -> float | None:
    """Seconds at which a packet is decoded. Formats without it leave it out before the first known one."""
    return None if packet.dts is None else float(packet.dts * packet.time_base)


class _Tracks:
    """Sort the packets of two tracks into recordings, by the steps back of their times."""

    def __init__(self) -> None:
        self.recordings: list[dict[str, list[Span]]] = [{}]
        self._number: dict[str, int] = {}  # track -> recording that it is in
        self._latest: dict[tuple[str, int], float] = {}  # (track, recording) -> latest time

    def add(self, track: str, start: float, length: float, order: float | None) -> None:
        """Add a packet; `order` is its decoding time, since pictures are decoded out of order."""
        newest = len(self.recordings) - 1
        number = self._number.setdefault(track, newest)
        latest = self._latest.get((track, number))
        if order is not None and latest is not None:
            if order < latest - BACK:
                if number == newest:
                    self.recordings.append({})
                number = len(self.recordings) - 1
            elif number < newest:
                # The other track is in a newer recording. This one follows it there if its time is nearer.
                other = max(v for (_, n), v in self._latest.items() if n == newest)
                number = newest if abs(order - other) < abs(order - latest) else number
        self._number[track] = number
        self.recordings[number].setdefault(track, []).append((start, start + length))
        if order is not None:
            key = (track, number)
            self._latest[key] = max(self._latest.get(key, order), order)


def _scan(path: Path) -> list[dict[str, list[Span]]]:
    """Spans of the packets of each recording by track. Nothing is decoded."""
    tracks = _Tracks()
    with open_media(path) as container:
        streams = [s for s in (video_stream(container), audio_stream(container)) if s is not None]
        for packet in container.demux(streams):
            ticks = packet.dts if packet.pts is None else packet.pts
            if ticks is not None and packet.size:
                start = float(ticks * packet.time_base)
                tracks.add(packet.stream.type, start, _length(packet), decoding_time(packet))
    return [recording for recording in tracks.recordings if recording]


class Timeline:
    """The continuous clock of a file.

    Args:
        path: any media file.

    Attributes:
        jumps: one line per jump that is closed.

    Raises:
        InputError: The tracks lie too far apart to belong together.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.jumps: list[str] = []
        self._starts: list[list[float]] = []  # per recording: times from which a shift holds
        self._shifts: list[list[float]] = []  # the shifts, to be added
        end: float | None = None  # of the recording before, continuous
        for recording in _scan(Path(path)):
            _check_together(Path(path), recording)
            spans = sorted(span for track in recording.values() for span in track)
            first = spans[0][0]
            shift = 0.0 if end is None else end - first
            if end is not None:
                self.jumps.append(f"the clock jumps back to {first:.2f} s: the jump is closed")
            starts, shifts, reached = [first], [shift], spans[0][1]
            for _, (start, stop) in pairwise(spans):
                if start - reached > MAX_GAP:
                    shift -= start - reached
                    starts.append(start)
                    shifts.append(shift)
                    self.jumps.append(
                        f"the clock jumps from {reached:.2f} s to {start:.2f} s: the jump is closed"
                    )
                reached = max(reached, stop)
            self._starts.append(starts)
            self._shifts.append(shifts)
            end = reached + shift

    def place(self, recording: int, time: float) -> float:
        """Continuous time of a time in seconds of the file's clock."""
        if not self._starts:
            return time
        number = min(recording, len(self._starts) - 1)
        at = max(0, bisect_right(self._starts[number], time + 1e-6) - 1)
        return time + self._shifts[number][at]


def _check_together(path: Path, recording: dict[str, list[Span]]) -> None:
    if len(recording) < 2:
        return
    bounds = {kind: (spans[0][0], max(s[1] for s in spans)) for kind, spans in recording.items()}
    video, audio = bounds["video"], bounds["audio"]
    apart = max(audio[0] - video[1], video[0] - audio[1])
    if apart > MAX_GAP:
        order = "after the video ends" if audio[0] > video[1] else "before the video starts"
        side = "starts" if audio[0] > video[1] else "ends"
        raise InputError(
            f"{path}: the sound {side} {apart:.0f} s {order}; the clocks of its tracks differ: "
            "export the file again"
        )


@lru_cache(maxsize=8)
def _timeline(path: Path, size: int, changed: int) -> Timeline:
    return Timeline(path)


class TrackClock:
    """Translate the increasing times of one track to the continuous clock of its file.

    The file is scanned only if a time jumps: other files cost nothing.

    Args:
        path: the file.
        zero: first time of the file in seconds of its own clock, if the track may start elsewhere.
    """

    def __init__(self, path: str | os.PathLike[str], zero: float | None = None) -> None:
        self._path, self._zero = Path(path), zero
        self._last: float | None = None
        self._recording = 0
        self._timeline: Timeline | None = None

    @property
    def jumps(self) -> list[str]:
        """One line per jump that is closed."""
        return [] if self._timeline is None else self._timeline.jumps

    def packet(self, packet: Any) -> float:
        """Translate the presentation time of the next packet, which has one."""
        return self._place(float(packet.pts * packet.time_base), decoding_time(packet))

    def __call__(self, time: float) -> float:
        """Translate the next time of the track, in seconds."""
        return self._place(time, time)

    def _place(self, time: float, order: float | None) -> float:
        jump = False
        if order is not None:
            if self._last is None:
                jump = self._zero is not None and abs(order - self._zero) > MAX_GAP
            else:
                back = order < self._last - BACK
                self._recording += back
                jump = back or order > self._last + MAX_GAP
            self._last = order
        if jump and self._timeline is None:
            stat = self._path.stat()
            self._timeline = _timeline(self._path, stat.st_size, stat.st_mtime_ns)
        return time if self._timeline is None else self._timeline.place(self._recording, time)
