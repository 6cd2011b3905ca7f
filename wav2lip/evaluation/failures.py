"""What a single bad file may raise; one file must not end a long run."""

import av.error
import cv2

from wav2lip.errors import InputError

FAILURES = (
    InputError,
    OSError,
    ValueError,
    RuntimeError,
    MemoryError,
    av.error.FFmpegError,
    cv2.error,
)
