"""Helpers for files, progress bars, optional dependencies and platform differences."""
