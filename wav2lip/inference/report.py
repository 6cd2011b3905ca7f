"""The report of an inference run: one line of text, or JSON."""

import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from wav2lip.inference.pipeline import StageTiming
from wav2lip.utils.files import write_atomically
from wav2lip.utils.text import printable


def ranges(numbers: list[int]) -> list[list[int]]:
    """Return sorted numbers as inclusive ranges.

    Examples:
        >>> ranges([1, 2, 3, 7])
        [[1, 3], [7, 7]]
    """
    found: list[list[int]] = []
    for number in numbers:
        if found and number == found[-1][1] + 1:
            found[-1][1] = number
        else:
            found.append([number, number])
    return found


def _count(spans: list[list[int]]) -> int:
    """Count the frames of inclusive ranges."""
    return sum(last - first + 1 for first, last in spans)


@dataclass
class Report:
    """The record of one run. Frames are numbered from 0 in the output.

    Attributes:
        output: path of the video.
        face: path of the face, or "array".
        audio: path of the audio, or "array".
        settings: fields of `Settings`.
        checkpoint: path, sha256, config and metadata of the generator.
        device: where the generator ran.
        engine: library, version, processor and precision of the generator.
        detector: name and weights of the face detector; empty if `box` was set.
        face_crop: where faces were cut out, "s3fd" or "aligned"; empty if `box` was set.
        width: of the output in pixels.
        height: of the output in pixels.
        fps: nominal frames per second; more where pictures of a slow source are repeated.
        audio_seconds: length of the audio.
        video_seconds: length of the output.
        audio_copied: whether the audio stream was copied without encoding it again.
        frames: frames of the output.
        frames_with_face: frames in which a face was rendered.
        without_face: first and last frame of each stretch without a face.
        turned: the same of each stretch in which a face is turned further than `max_yaw`; it stays as
            in the source.
        occluded: the same of each stretch in which something covers the lower face; what is covered
            stays as in the source.
        sync: a `SyncReport` as plain data, if one was asked for.
        signer: name in the certificate that signed the output; empty if it is not signed.
        warnings: damage found in the inputs, and audio without a voice.
        stage_seconds: time at work by stage; stages overlap.
        stage_processor_seconds: processor time by stage.
        seconds: time of the whole run.
        peak_memory_bytes: largest memory of the process so far, 0 if unknown.
    """

    output: str
    face: str
    audio: str
    settings: dict[str, Any]
    checkpoint: dict[str, Any]
    device: str
    engine: str = ""
    detector: dict[str, str] = field(default_factory=dict)
    face_crop: str = ""
    width: int = 0
    height: int = 0
    fps: float = 0.0
    audio_seconds: float = 0.0
    video_seconds: float = 0.0
    audio_copied: bool = False
    frames: int = 0
    frames_with_face: int = 0
    without_face: list[list[int]] = field(default_factory=list)
    turned: list[list[int]] = field(default_factory=list)
    occluded: list[list[int]] = field(default_factory=list)
    sync: dict[str, Any] = field(default_factory=dict)
    signer: str = ""
    warnings: list[str] = field(default_factory=list)
    stage_seconds: dict[str, float] = field(default_factory=dict)
    stage_processor_seconds: dict[str, float] = field(default_factory=dict)
    seconds: float = 0.0
    peak_memory_bytes: int = 0

    def add_timing(self, stage: str, timing: StageTiming) -> None:
        """Record the time of a stage."""
        self.stage_seconds[stage] = timing.seconds
        self.stage_processor_seconds[stage] = timing.processor_seconds

    def write(self, path: str | os.PathLike[str]) -> None:
        """Write the report as JSON.

        Raises:
            InputError: the file cannot be written.
        """
        text = json.dumps(asdict(self), indent=2, ensure_ascii=False) + "\n"
        write_atomically(Path(path), text.encode("utf-8", "backslashreplace"))

    def line(self) -> str:
        """Return a one-line summary."""
        kinds = {
            "without a face": self.without_face,
            "with a face that is turned away": self.turned,
        }
        counts = [f"{_count(spans)} {name}" for name, spans in kinds.items() if spans]
        notes = [f"{', '.join(counts)}, unchanged"] if counts else []
        if self.occluded:
            notes.append(f"{_count(self.occluded)} with a face that is covered, unchanged there")
        unchanged = f" ({'; '.join(notes)})" if notes else ""
        rate = self.frames / self.seconds if self.seconds else 0.0
        engine = f"; {self.engine}" if self.engine else ""
        return (
            f"{printable(self.output)}: {self.video_seconds:.2f} s, {self.frames} frames{unchanged}, "
            f"in {self.seconds:.1f} s ({rate:.1f} frames per second{engine})"
        )
