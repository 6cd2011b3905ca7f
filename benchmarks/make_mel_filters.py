"""Store librosa's mel filters as `wav2lip/assets/mel_filters.npz`: `python benchmarks/make_mel_filters.py`.

A test compares the stored filters with those of the installed librosa.
"""

import librosa
import numpy as np

from wav2lip.media.mel import FILTERS, FMAX, FMIN, N_FFT
from wav2lip.types import N_MELS, SAMPLE_RATE

if __name__ == "__main__":
    filters = librosa.filters.mel(
        sr=SAMPLE_RATE, n_fft=N_FFT, n_mels=N_MELS, fmin=FMIN, fmax=FMAX, dtype=np.float32
    )
    np.savez_compressed(FILTERS, filters=filters)
    print(f"{FILTERS}: {filters.shape}, {FILTERS.stat().st_size} bytes")
