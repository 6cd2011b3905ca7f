"""Audio-driven lip sync: preprocess, train, infer and evaluate Wav2Lip models with one model code."""
