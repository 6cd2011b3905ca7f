"""Results of an evaluation: scores per clip and system, what was skipped, means over clips."""

from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from wav2lip.errors import InputError
from wav2lip.evaluation.scorer import SyncScores
from wav2lip.evaluation.systems import SYSTEMS

OFFSETS = ("av_offset", "av_offset_fine")  # medians: a few wrongly judged clips would move a mean
RATIO = "agreement_ratio"

Better = Literal["lower", "higher"] | float | None  # a number: the value of a perfect result


class Metric(NamedTuple):
    """How a metric is shown.

    Attributes:
        heading: of its column.
        digits: after the decimal point.
        better: the direction of better values, or the value of a perfect result; None: neither.
    """

    heading: str
    digits: int
    better: Better


# Name -> metric, in the order of the tables.
SYNC = {
    "lse_d": Metric("LSE-D", 3, "lower"),
    "lse_c": Metric("LSE-C", 3, "higher"),
    "av_offset": Metric("AV offset", 1, 0.0),
    "av_offset_fine": Metric("fine", 2, 0.0),
    "in_sync": Metric("offset ≤ 1", 2, "higher"),
    "lse_d_at_0": Metric("D at 0", 3, "lower"),
    "lse_c_at_0": Metric("C at 0", 3, "higher"),
}
PICTURES = {
    "psnr": Metric("PSNR", 2, "higher"),
    "ssim": Metric("SSIM", 3, "higher"),
    "ms_ssim": Metric("MS-SSIM", 3, "higher"),
    "lpips": Metric("LPIPS", 3, "lower"),
    "niqe": Metric("NIQE", 1, None),
    "sharpness_ratio": Metric("sharpness", 2, 1.0),
    "jitter_ratio": Metric("jitter", 2, 1.0),
    "pause_motion_ratio": Metric("pause motion", 2, "lower"),
    "identity": Metric("CSIM", 3, "higher"),
    "fid": Metric("FID", 1, "lower"),
    "fvd": Metric("FVD", 1, "lower"),
}
SHAPE = {
    "opening_correlation": Metric("opening r", 2, "higher"),
    "mar_correlation": Metric("MAR r", 2, "higher"),
    "width_correlation": Metric("width r", 2, "higher"),
    "jaw_correlation": Metric("jaw r", 2, "higher"),
    "opening_range": Metric("opening range", 2, 1.0),
    "width_range": Metric("width range", 2, 1.0),
    "jaw_range": Metric("jaw range", 2, 1.0),
}
LIP_MOTION = {
    "lmd_inter_ocular": Metric("LMD/eyes", 4, "lower"),
    "lmd_box": Metric("LMD/box", 4, "lower"),
    "f_lmd_inter_ocular": Metric("F-LMD/eyes", 4, "lower"),
    "f_lmd_box": Metric("F-LMD/box", 4, "lower"),
    "lip_dynamics": Metric("lip dynamics", 4, None),
    "silent_lip_stability": Metric("silent stability", 4, "lower"),
    "lip_sync_error": Metric("lip-sync error", 3, "lower"),
    "lip_leak": Metric("LipLeak", 3, "lower"),
    "closed_share": Metric("SILENT", 3, "higher"),
}
LEAK = {
    "agreement_right": Metric("right", 3, "higher"),
    "agreement_swapped": Metric("swapped", 3, "higher"),
    "agreement_source": Metric("swapped: source", 3, 0.0),
    RATIO: Metric("swapped / source", 1, "higher"),
    "agreement_late": Metric("late", 3, "higher"),
    "agreement_muted_source": Metric("muted: source", 3, 0.0),
    "response": Metric("response", 2, None),
    "lse_c_silent": Metric("LSE-C silent", 3, "lower"),
    "lse_d_silent": Metric("LSE-D silent", 3, "higher"),
    "lsd_current": Metric("LSD-CR", 3, 0.0),
    "lsd_first_frame": Metric("LSD-AR", 3, 0.0),
}
WEIGHTS = {  # metrics that need a weights file -> the setting that names it
    "lpips": "alexnet",
    "identity": "arcface",
    "fid": "inception",
    "fvd": "i3d",
}
GROUPS = {  # title of a table -> its metrics
    "sync": SYNC,
    "image metrics of the mouth": PICTURES,
    "shape of the mouth by the face mesh, against the true video": SHAPE,
    "distance to the true landmarks, and motion of the lips": LIP_MOTION,
    "leak probe: agreement of the mouth with a sound (C at 0), by the sound that was given": LEAK,
}
METRICS: dict[str, Metric] = {}
for _group in GROUPS.values():
    METRICS.update(_group)


class MouthSeries(NamedTuple):
    """The mouth over time beside its sound, F frames at 25 fps.

    Attributes:
        first: number of the first frame.
        mar: (F,) `MouthShape.mar`; NaN for a frame without a mesh.
        level: (F,) of the sound, dB below its loudest frame.
    """

    first: int
    mar: NDArray[np.float64]
    level: NDArray[np.float64]


@dataclass(frozen=True)
class ClipScores:
    """Scores of one clip in the version of one system.

    Attributes:
        clip: its name.
        system: one of `SYSTEMS`.
        values: by metric; NaN if it cannot be measured.
        sync: distances and curve behind the sync scores.
        speaker: who is seen; clips of one speaker are resampled together.
        remarks: what a reader of the scores should know.
        mouth: over time, in the longest run of frames; None without meshes.
    """

    clip: str
    system: str
    values: dict[str, float]
    sync: SyncScores
    speaker: str
    remarks: list[str] = field(default_factory=list)
    mouth: MouthSeries | None = None


@dataclass(frozen=True)
class Skipped:
    """What was not scored, of which clip, and the reason.

    Attributes:
        clip: name of the clip.
        what: the row, control or probe.
        reason: one line.
        lacking: whether the input does not have it, so that it is missing in every run.
    """

    clip: str
    what: str
    reason: str
    lacking: bool = False


class LackingError(InputError):
    """An input does not have what a row, control or probe requires, as a photo has no sound."""


Features = dict[str, dict[str, NDArray[np.float32]]]  # metric -> system -> (N,D)


class SetClips(NamedTuple):
    """The clips of a metric that describes all clips together.

    Attributes:
        used: for which every system has features.
        left_out: for which only some have.
    """

    used: list[str]
    left_out: list[str]


@dataclass
class PairScores:
    """What was scored of one pair.

    Attributes:
        clips: scores.
        skipped: what was not scored.
        features: of the metrics that describe all clips together.
    """

    clips: list[ClipScores] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    features: Features = field(default_factory=dict)


@dataclass
class Results:
    """All results of one evaluation.

    Attributes:
        judge: `LoadedJudge.facts()`.
        generator: path, hash, config and metadata of the generator's checkpoint, if there is one.
        settings: the configuration of the run.
        warnings: to print with the tables.
        clips: scores.
        skipped: what was not scored.
        revisions: of the code that scored the clips, as `wav2lip.utils.revision.code_revision` gives them.
        resumed: names of the pairs that an earlier run has scored.
        set_values: system -> metric -> value of metrics that describe all clips together, such as FID.
        set_clips: metric -> the clips of these.
    """

    judge: dict[str, Any]
    generator: dict[str, Any] | None
    settings: dict[str, Any]
    warnings: list[str] = field(default_factory=list)
    clips: list[ClipScores] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    revisions: set[str] = field(default_factory=set)
    resumed: set[str] = field(default_factory=set)
    set_values: dict[str, dict[str, float]] = field(default_factory=dict)
    set_clips: dict[str, SetClips] = field(default_factory=dict)

    def systems(self) -> list[str]:
        """The systems that have clips, in the order of the table."""
        present = {row.system for row in self.clips}
        return [system for system in SYSTEMS if system in present]

    def of(self, system: str) -> list[ClipScores]:
        """The clips of one system."""
        return [row for row in self.clips if row.system == system]


def sync_values(sync: SyncScores) -> dict[str, float]:
    """The judge's part of a clip's values."""
    values = sync.values()
    return {**values, "in_sync": float(abs(values["av_offset"]) <= 1)}
