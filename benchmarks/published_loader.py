"""The loader that ours is compared with: like the published one, but seeded and without its retries."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import librosa
import numpy as np
import numpy.typing as npt
from scipy.signal import lfilter

from wav2lip.clips import ClipFile
from wav2lip.data.clip_dataset import Clip
from wav2lip.media.mel import FMAX, FMIN, N_FFT, PREEMPHASIS
from wav2lip.media.pcm import write_wav
from wav2lip.types import HOP, MEL_RATE, MEL_WINDOW, N_MELS, SAMPLE_RATE, WINDOW_FRAMES

FPS = 25
SIZE = 96
Item = dict[str, npt.NDArray[np.float32]]


def export(clips: Sequence[Clip], folder: Path) -> list[Path]:
    """The clips as folders of N.jpg (the very bytes of the clip files) and audio.wav."""
    folders = []
    for number, clip in enumerate(clips):
        file, out = ClipFile(clip.path), folder / f"{number:05d}"
        out.mkdir()
        for frame, data in enumerate(file.jpegs(0, file.frames)):
            (out / f"{frame}.jpg").write_bytes(data)
        write_wav(out / "audio.wav", file.pcm())
        folders.append(out)
    return folders


class JpgDataset:
    """Opens ten jpg files and computes the mel of the whole sound for every item."""

    def __init__(self, folders: Sequence[Path]) -> None:
        self.folders = folders
        self.filters = librosa.filters.mel(
            sr=SAMPLE_RATE, n_fft=N_FFT, n_mels=N_MELS, fmin=FMIN, fmax=FMAX
        )

    def mel(self, path: Path) -> npt.NDArray[np.float32]:
        """(M, 80) of the whole sound."""
        wav, _ = librosa.load(path, sr=SAMPLE_RATE)
        emphasised = lfilter([1, -PREEMPHASIS], [1], wav)
        spectrum = np.abs(librosa.stft(y=emphasised, n_fft=N_FFT, hop_length=HOP))
        decibels = 20 * np.log10(np.maximum(1e-5, self.filters @ spectrum)) - 20
        return np.clip(8 * (decibels + 100) / 100 - 4, -4, 4).T.astype(np.float32)

    def window(self, folder: Path, start: int) -> npt.NDArray[np.float32]:
        """(3, 5, 96, 96), 0-1."""
        pictures = [cv2.imread(str(folder / f"{start + i}.jpg")) for i in range(WINDOW_FRAMES)]
        faces = np.stack([cv2.resize(picture, (SIZE, SIZE)) for picture in pictures])
        return faces.transpose(3, 0, 1, 2).astype(np.float32) / 255

    def __getitem__(self, index: int) -> Item:
        rng = np.random.default_rng(index)
        folder = self.folders[rng.integers(len(self.folders))]
        last = (
            len(list(folder.glob("*.jpg"))) - 2 * WINDOW_FRAMES
        )  # the fifth frame's sound is whole
        target, reference = rng.integers(0, last, 2)
        mel = self.mel(folder / "audio.wav")

        def sound(frame: int) -> npt.NDArray[np.float32]:
            column = int(MEL_RATE * frame / FPS)
            return mel[column : column + MEL_WINDOW].T

        return {
            "target": self.window(folder, int(target)),
            "reference": self.window(folder, int(reference)),
            "mels": np.stack([sound(int(target) + i) for i in range(WINDOW_FRAMES)])[:, None],
            "mel": sound(int(target))[None],
        }
