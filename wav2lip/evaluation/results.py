"""Results of an evaluation: scores per clip and system, what was skipped, means over clips."""

from dataclasses import dataclass, field
from typing import Any

from wav2lip.evaluation.scorer import CONTROL_SHIFT, SyncScores

GENERATED = "generated"
VIDEO = "video"  # judged as it is
REAL = "real"
LATE = f"audio {CONTROL_SHIFT} frames late"
FROZEN = "frozen mouth"
SYSTEMS = (GENERATED, VIDEO, REAL, LATE, FROZEN)  # in the order of the table
OFFSETS = ("av_offset", "av_offset_fine")  # medians: a few wrongly judged clips would move a mean
RATIO = "agreement_ratio"

# Name -> heading and digits, in the order of the tables.
SYNC = {
    "lse_d": ("LSE-D", 3),
    "lse_c": ("LSE-C", 3),
    "av_offset": ("AV offset", 1),
    "av_offset_fine": ("fine", 2),
    "in_sync": ("offset ≤ 1", 2),
    "lse_d_at_0": ("D at 0", 3),
    "lse_c_at_0": ("C at 0", 3),
}
PICTURES = {
    "psnr": ("PSNR", 2),
    "ssim": ("SSIM", 3),
    "ms_ssim": ("MS-SSIM", 3),
    "sharpness_ratio": ("sharpness", 2),
    "jitter_ratio": ("jitter", 2),
    "pause_motion_ratio": ("pause motion", 2),
    "fid": ("FID", 1),
}
LEAK = {
    "agreement_right": ("right", 3),
    "agreement_swapped": ("swapped", 3),
    "agreement_source": ("swapped: source", 3),
    RATIO: ("swapped / source", 1),
    "agreement_late": ("late", 3),
    "agreement_muted_source": ("muted: source", 3),
    "response": ("response", 2),
    "lse_c_silent": ("LSE-C silent", 3),
    "lse_d_silent": ("LSE-D silent", 3),
    "lsd_current": ("LSD-CR", 3),
}
METRICS = SYNC | PICTURES | LEAK


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
    """

    clip: str
    system: str
    values: dict[str, float]
    sync: SyncScores
    speaker: str
    remarks: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Skipped:
    """What was not scored, of which clip, and the reason."""

    clip: str
    what: str
    reason: str


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
        set_values: system -> metric -> value of metrics that describe all clips together, such as FID.
    """

    judge: dict[str, Any]
    generator: dict[str, Any] | None
    settings: dict[str, Any]
    warnings: list[str] = field(default_factory=list)
    clips: list[ClipScores] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    set_values: dict[str, dict[str, float]] = field(default_factory=dict)

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
