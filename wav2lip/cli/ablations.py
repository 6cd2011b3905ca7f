"""See `wav2lip.evaluation.ablations`."""

from wav2lip.evaluation.ablations import main

__all__ = ["main"]
