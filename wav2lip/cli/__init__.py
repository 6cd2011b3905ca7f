"""What each command of `wav2lip` does."""
