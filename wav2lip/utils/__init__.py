"""Helpers without a subject of their own: files, progress, platform differences."""
