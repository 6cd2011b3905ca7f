"""Training callbacks: logging, checkpoints, weight averaging, sample renders, schedules and watchdogs."""

from wav2lip.callbacks.baseline_validation import BaselineValidation
from wav2lip.callbacks.csv_curves import CSVCurves
from wav2lip.callbacks.ema import EMA
from wav2lip.callbacks.last_checkpoint import LastCheckpoint
from wav2lip.callbacks.loader_watchdog import LoaderWatchdog
from wav2lip.callbacks.nan_watchdog import NaNWatchdog
from wav2lip.callbacks.plateau_watchdog import PlateauWatchdog
from wav2lip.callbacks.plot_curves import PlotCurves
from wav2lip.callbacks.sample_strips import SampleStrips
from wav2lip.callbacks.sample_videos import SampleVideos
from wav2lip.callbacks.speaker_metrics import SpeakerMetrics
from wav2lip.callbacks.sync_weight import SyncWeightSchedule

__all__ = [
    "EMA",
    "BaselineValidation",
    "CSVCurves",
    "LastCheckpoint",
    "LoaderWatchdog",
    "NaNWatchdog",
    "PlateauWatchdog",
    "PlotCurves",
    "SampleStrips",
    "SampleVideos",
    "SpeakerMetrics",
    "SyncWeightSchedule",
]
