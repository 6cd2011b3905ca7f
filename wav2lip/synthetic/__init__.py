"""Synthetic talking faces and voices with known sync."""
