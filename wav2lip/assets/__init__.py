"""Bundled weights; see README.md for their model cards and terms."""
