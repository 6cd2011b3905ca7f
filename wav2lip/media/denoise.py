"""Remove noise from speech with RNNoise, in blocks.

RNNoise (Valin, "A Hybrid DSP/Deep Learning Approach to Real-Time Full-Band Speech Enhancement", 2018;
BSD-3-Clause) is a C library that the wheel `pyrnnoise` (Apache-2.0) carries. Only the library is used: it is
loaded directly, the Python code of the wheel and its requirements are not imported.
"""

import ctypes
import weakref
from collections.abc import Iterable, Iterator
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from wav2lip.errors import InputError
from wav2lip.media.pcm import check_samples
from wav2lip.types import SAMPLE_RATE, Wav
from wav2lip.utils.extras import extra_message

PACKAGE, EXTRA = "pyrnnoise", "denoise"
LIBRARIES = ("librnnoise.so", "librnnoise.dylib", "rnnoise.dll")

RATE = 48_000  # Hz, of RNNoise
TIMES = RATE // SAMPLE_RATE
FRAME = 480  # samples of RNNoise's frame
BLOCK = FRAME // TIMES  # samples at 16 kHz of one frame
FULL_SCALE = 32_768.0  # RNNoise's
TAPS = 97  # of the low-pass filter before and after; TAPS - 1 is a multiple of 2 * TIMES
HISTORY = (TAPS - 1) // TIMES  # samples at 16 kHz that the filter reaches back
LATENCY = 960  # samples by which RNNoise's output is late
DELAY = (LATENCY + TAPS - 1) // TIMES  # samples at 16 kHz, of the whole chain

_Floats = ctypes.POINTER(ctypes.c_float)


@lru_cache(maxsize=1)
def rnnoise() -> Any:
    """Load the library.

    Raises:
        InputError: the extra is not installed, or the library does not load.
    """
    spec = find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise InputError(extra_message(PACKAGE, EXTRA))
    folder = Path(spec.submodule_search_locations[0])
    path = next((folder / name for name in LIBRARIES if (folder / name).is_file()), None)
    if path is None:
        raise InputError(f"{folder}: does not contain RNNoise; install {PACKAGE} again")
    try:
        library = ctypes.CDLL(str(path))
        frame = library.rnnoise_get_frame_size()
    except (OSError, AttributeError) as error:
        raise InputError(
            f"{path}: RNNoise cannot be loaded ({error}); install {PACKAGE} again"
        ) from error
    if frame != FRAME:
        raise InputError(f"{path}: its frames have {frame} samples, not {FRAME}; update {PACKAGE}")
    library.rnnoise_create.argtypes = [ctypes.c_void_p]
    library.rnnoise_create.restype = ctypes.c_void_p
    library.rnnoise_destroy.argtypes = [ctypes.c_void_p]
    library.rnnoise_destroy.restype = None
    library.rnnoise_process_frame.argtypes = [ctypes.c_void_p, _Floats, _Floats]
    library.rnnoise_process_frame.restype = ctypes.c_float
    return library


@lru_cache(maxsize=1)
def _low_pass() -> Wav:
    """Linear-phase filter (97,) at 48 kHz that keeps what 16 kHz can hold."""
    from scipy.signal import firwin  # half a second that no other audio needs

    return np.asarray(firwin(TAPS, SAMPLE_RATE / 2, fs=RATE), np.float32)


class Denoiser:
    """Remove noise from a sound that arrives in pieces.

    The output is `DELAY` samples (22 ms) late until `finish`, which brings the rest; it has as many samples as
    the input and is in step with it. However the sound is divided, the output is equal to the bit.

    Args:
        sample_rate: of the sound, in Hz. Only 16 kHz is supported.

    Raises:
        InputError: `sample_rate` is another one, or the extra `denoise` is not installed.
    """

    def __init__(self, sample_rate: int = SAMPLE_RATE) -> None:
        if sample_rate != SAMPLE_RATE:
            raise InputError(
                f"denoising requires {SAMPLE_RATE} Hz, not {sample_rate}; resample the sound"
            )
        self._library = rnnoise()
        self._state = self._library.rnnoise_create(None)
        weakref.finalize(self, self._library.rnnoise_destroy, self._state)
        self._rest = np.zeros(0, np.float32)  # samples of the frame that is not yet whole
        self._before = np.zeros(HISTORY, np.float32)  # last samples at 16 kHz
        self._after = np.zeros(TAPS - 1, np.float32)  # last samples at 48 kHz
        self._early = DELAY  # samples of the output that precede the sound
        self._missing = 0  # samples that the output lacks

    def push(self, samples: Wav) -> Wav:
        """Continue with the next samples.

        Args:
            samples: (N,) float mono at 16 kHz; N may be 0.

        Returns:
            The next samples of the output (M,), M about N.

        Raises:
            ValueError: `samples` is not one-dimensional.
            InputError: `samples` contains NaN or infinity.
        """
        wav = check_samples(samples)
        self._missing += len(wav)
        wav = np.concatenate([self._rest, wav])
        whole = len(wav) // BLOCK * BLOCK
        self._rest = wav[whole:]
        clean = self._run(wav[:whole]) if whole else wav[:0]
        early = min(self._early, len(clean))
        self._early -= early
        clean = clean[early:][: self._missing]
        self._missing -= len(clean)
        return clean

    def finish(self) -> Wav:
        """End the sound; return the rest of the output."""
        missing = self._missing
        rest = self.push(np.zeros(DELAY + BLOCK, np.float32))
        return rest[:missing]

    def _run(self, wav: Wav) -> Wav:
        """Denoise whole frames (n * 160,)."""
        from scipy.signal import upfirdn

        taps = _low_pass()
        wide = np.concatenate([self._before, wav])
        self._before = wide[-HISTORY:]
        fine = upfirdn(taps * np.float32(TIMES * FULL_SCALE), wide, up=TIMES)
        fine = np.ascontiguousarray(fine[HISTORY * TIMES :][: len(wav) * TIMES], np.float32)
        for start in range(0, len(fine), FRAME):
            frame = fine[start : start + FRAME].ctypes.data_as(_Floats)
            self._library.rnnoise_process_frame(self._state, frame, frame)
        wide = np.concatenate([self._after, fine])
        self._after = wide[1 - TAPS :]
        coarse = upfirdn(taps / np.float32(FULL_SCALE), wide, down=TIMES)
        return np.asarray(coarse[HISTORY:][: len(wav)], np.float32)


def denoised(pieces: Iterable[Wav], sample_rate: int = SAMPLE_RATE) -> Iterator[Wav]:
    """Remove noise from a sound, in blocks.

    Args:
        pieces: consecutive samples, each (N,) float mono, of any length.
        sample_rate: in Hz; must be 16,000.

    Yields:
        Consecutive samples, as many in all as there were in `pieces`, at the same times.

    Raises:
        InputError: as `Denoiser`.
    """
    denoiser = Denoiser(sample_rate)
    for piece in pieces:
        yield denoiser.push(piece)
    yield denoiser.finish()
