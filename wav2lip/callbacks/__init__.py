"""What accompanies a training run: schedules, averages, pictures, and watchdogs that say what is wrong."""

from wav2lip.callbacks.csv_curves import CSVCurves, CurvesPicture
from wav2lip.callbacks.ema import EMA
from wav2lip.callbacks.from_the_start import FromTheStart
from wav2lip.callbacks.held_out_scores import HeldOutScores
from wav2lip.callbacks.last_checkpoint import LastCheckpoint
from wav2lip.callbacks.loader_watchdog import LoaderWatchdog
from wav2lip.callbacks.nan_watchdog import NaNWatchdog
from wav2lip.callbacks.plateau_watchdog import PlateauWatchdog
from wav2lip.callbacks.sample_strips import SampleStrips
from wav2lip.callbacks.sample_videos import SampleVideos
from wav2lip.callbacks.sync_weight import SyncWeightSchedule

__all__ = [
    "EMA",
    "CSVCurves",
    "CurvesPicture",
    "FromTheStart",
    "HeldOutScores",
    "LastCheckpoint",
    "LoaderWatchdog",
    "NaNWatchdog",
    "PlateauWatchdog",
    "SampleStrips",
    "SampleVideos",
    "SyncWeightSchedule",
]
