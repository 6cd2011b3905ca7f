"""Mel windows of a long sound, computed when they are asked for."""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from threading import Lock

import numpy as np
from numpy.typing import ArrayLike

from wav2lip.errors import InputError
from wav2lip.media.alignment import window_columns
from wav2lip.media.audio_features import block_columns, feature_blocks
from wav2lip.media.denoise import denoised
from wav2lip.media.pauses import mute_pauses, read_pauses
from wav2lip.types import HOP, MEL_WINDOW, N_MELS, SAMPLE_RATE, SILENCE, Mel, Wav

KEPT_COLUMNS = 4096  # 51 seconds; workers ask for windows slightly out of order


class MelReader:
    """Serve mel windows of a sound of any length from bounded memory.

    The sound is read twice: at construction, for its length and its pauses, and again from its start
    as windows are asked for. Windows equal those of `mel_windows` over the whole mel bit for bit.
    Increasing times need one pass; a time more than 40 seconds before the latest starts another.
    Threads may share a reader.

    Args:
        sound: returns the samples from the start at every call, as pieces (N,) float mono at 16 kHz.
        mute_pauses: fade pauses to silence (see `wav2lip.media.pauses`).
        denoise: compute the mel from the denoised sound (see `wav2lip.media.denoise`). Pauses are
            found in the sound as it is: voice activity bears noise.
        channels: 80 for the mel, 368 with features of speech (see `wav2lip.media.audio_features`).

    Attributes:
        samples: number of samples of the sound.
        columns: number of mel columns, 1 + samples // 200.
        voiceless: whether the whole sound is muted, because no voice is found in it.

    Raises:
        InputError: `sound` raises it, as `read_mono` does for a file without sound; or the extra
            `denoise` is not installed.

    Examples:
        >>> import numpy as np
        >>> reader = MelReader(lambda: [np.zeros(16_000, np.float32)])
        >>> reader.windows([0.0, 0.04]).shape
        (2, 80, 16)
    """

    def __init__(
        self,
        sound: Callable[[], Iterable[Wav]],
        mute_pauses: bool = False,
        denoise: bool = False,
        channels: int = N_MELS,
    ) -> None:
        self._sound = sound
        self._denoise = denoise
        self._channels, self._width = channels, block_columns(channels)
        self._pauses: list[tuple[int, int]] = []
        if mute_pauses:
            self._pauses, self.samples = read_pauses(sound())
        else:
            self.samples = sum(len(piece) for piece in sound())
        self.columns = 1 + self.samples // HOP
        self.voiceless = self._pauses == [(0, self.columns)]
        self._blocks: Iterator[Mel] = iter(())
        self._next = -1  # number of the block that `_blocks` yields next; -1 before the start
        self._kept: OrderedDict[int, Mel] = OrderedDict()
        self._lock = Lock()

    @property
    def seconds(self) -> float:
        """Duration of the sound."""
        return self.samples / SAMPLE_RATE

    def windows(self, times: ArrayLike, columns: int = MEL_WINDOW) -> Mel:
        """Return the mel windows of frames.

        Args:
            times: (T,) frame times in seconds.
            columns: width of a window.

        Returns:
            (T, channels, columns); columns before or after the sound are silence.
        """
        where = window_columns(times, columns)  # (T, columns)
        windows = np.full((*where.shape, self._channels), SILENCE, np.float32)
        numbers = np.where((where < 0) | (where >= self.columns), -1, where // self._width)
        for number in np.unique(numbers).tolist():
            if number >= 0:
                block = self._block(number).T  # (columns of a block, channels)
                inside = numbers == number
                windows[inside] = block[where[inside] - number * self._width]
        return np.ascontiguousarray(windows.transpose(0, 2, 1))

    def _block(self, number: int) -> Mel:
        """Return a block (channels, `block_columns(channels)`), or narrower if it is the last."""
        with self._lock:
            if number not in self._kept and not 0 <= self._next <= number:
                self._blocks, self._next = self._read(), 0
                self._kept.clear()
            while number not in self._kept:
                block = next(self._blocks, None)
                if block is None:
                    raise InputError("the sound became shorter during the run; do not change it")
                self._kept[self._next] = block
                self._next += 1
                if len(self._kept) > KEPT_COLUMNS // self._width:
                    self._kept.popitem(last=False)
            return self._kept[number]

    def _read(self) -> Iterator[Mel]:
        """Read the sound from its start."""
        sound = denoised(self._sound()) if self._denoise else self._sound()
        for number, block in enumerate(feature_blocks(sound, self._channels)):
            yield mute_pauses(block, self._pauses, number * self._width, self.columns)
