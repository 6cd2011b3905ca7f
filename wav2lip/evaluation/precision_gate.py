"""Whether a generator in lower precision talks like the one in float32, by whole videos."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from wav2lip.evaluation.face_crops import CropCollector, FaceRun
from wav2lip.evaluation.judge import LoadedJudge
from wav2lip.evaluation.scorer import embed_all, score
from wav2lip.evaluation.segments import frames_at_25, largest_face, read_pcm
from wav2lip.faces.detectors import Detector
from wav2lip.faces.mesh import FaceMesh
from wav2lip.metrics.block_bootstrap import block_means
from wav2lip.metrics.lip_leak import OPEN_MAR
from wav2lip.metrics.mouth_shape import mouth_shape
from wav2lip.metrics.pause_motion import mouth_speeds
from wav2lip.types import SAMPLES_PER_FRAME, Pcm

MAX_LOSS = 0.01  # of LSE-C, in the units of the judge
MAX_RISE = 0.01  # of LipLeak and of the pause motion ratio, where their intervals are narrower
CONFIDENCE = 0.95  # of the intervals

Series = NDArray[np.float64]


@dataclass
class GateFigures:
    """What is measured on the videos of one generator.

    Attributes:
        lse_c: of each video that was generated for its own sound.
        spoken: mouth motion in speech, (n,) per video that has pauses.
        paused: mouth motion in pauses, (m,) per video that has pauses.
        opened: 1 for each frame with an open mouth, else 0, (F,) per video that was generated for silence.
    """

    lse_c: list[float] = field(default_factory=list)
    spoken: list[Series] = field(default_factory=list)
    paused: list[Series] = field(default_factory=list)
    opened: list[Series] = field(default_factory=list)

    def add(self, talking: Path, silent: Path, judge: LoadedJudge, detector: Detector) -> None:
        """Measure two outputs for one face.

        Args:
            talking: generated for the face's own sound.
            silent: generated for silence.
            judge: scores sync.
            detector: finds the faces.

        Raises:
            InputError: no sound, no face, or too short to judge.
        """
        pcm = read_pcm(talking)
        crops = CropCollector()
        segments = largest_face(talking, pcm, detector, judge.track_view, crops=crops)
        parts, _ = embed_all(segments, judge.judge, "all")
        self.lse_c.append(score(parts, "none").values()["lse_c"])
        speeds = mouth_speeds(crops.run.faces, _sound(crops.run, pcm))
        if speeds is not None:
            self.spoken.append(speeds[0])
            self.paused.append(speeds[1])
        meshes = CropCollector(crops.crops, FaceMesh())
        for frame in frames_at_25(silent):
            meshes.add(frame, None)
        if meshes.run.meshes:
            mar = mouth_shape(np.stack(meshes.run.meshes)).mar
            self.opened.append((mar[np.isfinite(mar)] > OPEN_MAR).astype(np.float64))

    def lip_leak(self) -> Series:
        """LipLeak over all videos and its resampled values; empty without a mesh."""
        return _with_mean(self.opened)

    def pause_motion(self) -> Series:
        """Pause motion ratio over all videos and its resampled values; empty without a pause."""
        if not self.paused:
            return np.zeros(0)
        return _with_mean(self.paused) / _with_mean(self.spoken)


def _sound(run: FaceRun, pcm: Pcm) -> Pcm:
    start = run.first * SAMPLES_PER_FRAME
    return pcm[start : start + len(run.crops) * SAMPLES_PER_FRAME]


def _with_mean(series: list[Series]) -> Series:
    """The mean of all values, then the means of resampled blocks."""
    known = [one for one in series if len(one)]
    if not known:
        return np.zeros(0)
    return np.concatenate([[np.concatenate(known).mean()], block_means(known)])


def compare(exact: GateFigures, low: GateFigures, name: str) -> tuple[list[str], list[str]]:
    """Compare a generator in lower precision with the one in float32.

    LSE-C may fall by 0.01. LipLeak and the pause motion ratio may rise to the upper end of the interval of float32
    (95 %, blocks of a second), and by 0.01 in any case.

    Args:
        exact: of float32.
        low: of the other, on the same videos.
        name: of the other.

    Returns:
        A line per figure, and a line per figure that is too bad.
    """
    before, after = float(np.mean(exact.lse_c)), float(np.mean(low.lse_c))
    lines = [f"LSE-C by bundled:judge: float32 {before:.3f}, {name} {after:.3f}"]
    failed = []
    if before - after > MAX_LOSS:
        failed.append(f"LSE-C falls from {before:.3f} to {after:.3f}, by more than {MAX_LOSS:g}")
    for title, missing, one, other in (
        ("LipLeak", "face mesh", exact.lip_leak(), low.lip_leak()),
        ("pause motion", "pause of 0.6 s", exact.pause_motion(), low.pause_motion()),
    ):
        if not len(one) or not len(other):
            lines.append(f"{title}: not measured, no video has a {missing}")
            continue
        ends = np.quantile(one[1:], [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
        limit = max(float(ends[1]), float(one[0]) + MAX_RISE)
        text = f"float32 {one[0]:.3f} ({ends[0]:.3f} to {ends[1]:.3f})"
        lines.append(f"{title}: {text}, {name} {other[0]:.3f}")
        if other[0] > limit:
            failed.append(f"{title} rises from {one[0]:.3f} to {other[0]:.3f}, above {limit:.3f}")
    return lines, failed
