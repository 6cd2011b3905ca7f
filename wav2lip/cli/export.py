"""See `wav2lip.checkpoints.export`."""

from wav2lip.checkpoints.export import main

__all__ = ["main"]
