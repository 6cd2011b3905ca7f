"""Clip files to batches: window choice, augmentation, datasets, the data module, synthetic faces."""
