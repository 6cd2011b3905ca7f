"""What a run did: for people in one line, for programs as JSON."""

import json
import os
import resource
import sys
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from wav2lip.inference.pipeline import StageTiming
from wav2lip.utils.files import write_atomically

STATUS = Path("/proc/self/status")  # Linux's; its sizes are in kB
MAXRSS_UNIT = 1 if sys.platform == "darwin" else 1024  # bytes in the unit of ru_maxrss


def ranges(numbers: list[int]) -> list[list[int]]:
    """Sorted numbers as inclusive ranges: [1, 2, 3, 7] -> [[1, 3], [7, 7]]."""
    found: list[list[int]] = []
    for number in numbers:
        if found and number == found[-1][1] + 1:
            found[-1][1] = number
        else:
            found.append([number, number])
    return found


def peak_memory() -> int:
    """Most bytes that this program has held in memory so far.

    Linux's `ru_maxrss` outlives exec: a program started by a large one would count its parent's.
    """
    if STATUS.is_file():
        peak = next(line for line in STATUS.read_text().splitlines() if line.startswith("VmHWM:"))
        return int(peak.split()[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * MAXRSS_UNIT


@dataclass
class Report:
    """A finished run. Times are in seconds, frames are numbered from 0 in the output."""

    output: str
    face: str
    audio: str
    settings: dict[str, Any]
    checkpoint: dict[str, Any]  # path, sha256, config, metadata
    device: str
    detector: dict[str, str] = field(default_factory=dict)  # the one that `auto` became
    width: int = 0
    height: int = 0
    fps: float = 0.0
    audio_seconds: float = 0.0
    video_seconds: float = 0.0
    audio_copied: bool = False
    frames: int = 0
    frames_with_face: int = 0
    without_face: list[list[int]] = field(default_factory=list)  # first and last of each stretch
    certificate: dict[str, Any] = field(default_factory=dict)  # of sync, where one was asked for
    warnings: list[str] = field(default_factory=list)
    stage_seconds: dict[str, float] = field(default_factory=dict)  # at work; stages overlap
    stage_processor_seconds: dict[str, float] = field(default_factory=dict)
    seconds: float = 0.0
    peak_memory_bytes: int = 0

    def note(self, stage: str, work: StageTiming) -> None:
        """What a stage took."""
        self.stage_seconds[stage] = work.seconds
        self.stage_processor_seconds[stage] = work.processor_seconds

    def write(self, path: str | os.PathLike[str]) -> None:
        """Write as JSON. Raises `InputError` where the file cannot be written."""
        text = json.dumps(asdict(self), indent=2, ensure_ascii=False) + "\n"
        write_atomically(Path(path), text.encode())

    def line(self) -> str:
        """One line for people."""
        missing = self.frames - self.frames_with_face
        faceless = f", {missing} without a face passed through" if missing else ""
        rate = self.frames / self.seconds if self.seconds else 0.0
        return (
            f"{self.output}: {self.video_seconds:.2f} s, {self.frames} frames{faceless}, "
            f"in {self.seconds:.1f} s ({rate:.1f} frames a second)"
        )
