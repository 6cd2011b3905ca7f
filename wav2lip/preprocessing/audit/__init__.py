"""Measure the sync of a dataset's clips, shift or drop what is off."""
