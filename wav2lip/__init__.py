"""Audio-driven lip sync: train, ablate, score and run Wav2Lip models."""

__version__ = "0.2.0"
