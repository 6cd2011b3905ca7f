"""Training callbacks: logging, checkpoints, weight averaging, sample renders, schedules and watchdogs.

The submodules load on first use: only `SampleVideos` needs a video library, only `PlotCurves` needs matplotlib.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "baseline_validation": ["BaselineValidation"],
        "best_checkpoint": ["BestCheckpoint"],
        "csv_curves": ["CSVCurves", "read_curves"],
        "early_stopping": ["EarlyStopping"],
        "ema": ["EMA"],
        "last_checkpoint": ["AtomicCheckpoints", "LastCheckpoint"],
        "loader_watchdog": ["LoaderWatchdog"],
        "nan_watchdog": ["NaNWatchdog"],
        "plateau_watchdog": ["PlateauWatchdog"],
        "plot_curves": ["PlotCurves"],
        "sample_strips": ["SampleStrips"],
        "sample_videos": ["SampleVideos"],
        "speaker_metrics": ["SpeakerMetrics"],
        "sync_weight": ["SyncWeightSchedule"],
        "tensorboard_curves": ["TensorBoardCurves"],
        "training_line": ["TrainingLine"],
    },
)
