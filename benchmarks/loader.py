"""How fast the data set is, against one that opens jpg files and computes the mel for every item.

    python benchmarks/loader.py                             synthetic clips of 8 s
    python benchmarks/loader.py --manifest data/clips       your own

Both give batches of the same items (target, reference, five mel windows and one) of the same clips, in turns,
in this process. The other loader works as the published one does: frames as jpg files in a folder a clip, the
folder listed and the sound file read and turned into a mel for each item, no augmentation.

Ours is measured twice: decoding every picture, as it does at first and where `data.cache_mb` is too small for
the corpus; and once the pictures are in memory, as after the first epochs where it is not. Processor time is
given beside wall time: on a machine that does other work too, wall time says little.
"""

import argparse
import tempfile
import time
import wave
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import librosa
import numpy as np
import numpy.typing as npt
import torch
from scipy.signal import lfilter
from torch.utils.data import DataLoader, default_collate

from wav2lip.clips import ClipFile
from wav2lip.data.augment import NONE, AugmentSettings
from wav2lip.data.datamodule import collate, load_clips
from wav2lip.data.datasets import Clip, LipDataset
from wav2lip.data.reference import PoseMatchedReference
from wav2lip.data.synthetic import write_synthetic_corpus
from wav2lip.data.windows import WINDOW
from wav2lip.media.alignment import MEL_STEP
from wav2lip.media.audio import FMAX, FMIN, HOP, MEL_RATE, N_FFT, N_MELS, PREEMPHASIS, SAMPLE_RATE

FPS = 25
SIZE = 96
ENDLESS = 10**9  # samples
PASSES = 8  # over the clips, until hardly a picture is not in memory
Item = dict[str, npt.NDArray[np.float32]]


def export(clips: Sequence[Clip], folder: Path) -> list[Path]:
    """The clips as folders of N.jpg (the very bytes of the clip files) and audio.wav."""
    folders = []
    for number, clip in enumerate(clips):
        file, out = ClipFile(clip.path), folder / f"{number:05d}"
        out.mkdir()
        for frame, data in enumerate(file.jpegs(0, file.frames)):
            (out / f"{frame}.jpg").write_bytes(data)
        with wave.open(str(out / "audio.wav"), "wb") as sound:
            sound.setparams((1, 2, SAMPLE_RATE, 0, "NONE", ""))
            sound.writeframes(file.pcm().astype("<i2").tobytes())
        folders.append(out)
    return folders


class JpgDataset:
    """Items as the published loader makes them, but seeded and without its endless retries."""

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
        pictures = [cv2.imread(str(folder / f"{start + i}.jpg")) for i in range(WINDOW)]
        faces = np.stack([cv2.resize(picture, (SIZE, SIZE)) for picture in pictures])
        return faces.transpose(3, 0, 1, 2).astype(np.float32) / 255

    def __getitem__(self, index: int) -> Item:
        rng = np.random.default_rng(index)
        folder = self.folders[rng.integers(len(self.folders))]
        last = len(list(folder.glob("*.jpg"))) - 2 * WINDOW  # the fifth frame's sound is whole
        target, reference = rng.integers(0, last, 2)
        mel = self.mel(folder / "audio.wav")

        def sound(frame: int) -> npt.NDArray[np.float32]:
            column = int(MEL_RATE * frame / FPS)
            return mel[column : column + MEL_STEP].T

        return {
            "target": self.window(folder, int(target)),
            "reference": self.window(folder, int(reference)),
            "mels": np.stack([sound(int(target) + i) for i in range(WINDOW)]),
            "mel": sound(int(target)),
        }


def measure(dataset: Any, batch: int, items: int, first: int) -> tuple[float, float]:
    """(wall, processor) milliseconds an item, in whole batches."""
    together = default_collate if isinstance(dataset, JpgDataset) else collate
    loader = DataLoader(dataset, batch, sampler=range(first, first + items), collate_fn=together)
    wall, processor = time.perf_counter(), time.process_time()
    for _ in loader:
        pass
    wall, processor = time.perf_counter() - wall, time.process_time() - processor
    return 1000 * wall / items, 1000 * processor / items


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--manifest", help="default: synthetic clips, made here")
    parser.add_argument("--split", default="train")
    parser.add_argument("--clips", type=int, default=12, help="at most so many (default: 12)")
    parser.add_argument("--seconds", type=float, default=8.0, help="of a synthetic clip")
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--items", type=int, default=64, help="a round (default: 64)")
    parser.add_argument("--rounds", type=int, default=4)
    args = parser.parse_args()
    cv2.setNumThreads(1)  # as in a loader's process
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if args.manifest is None:
            write_synthetic_corpus(folder, {args.split: args.clips}, args.seconds)
        clips = load_clips(args.manifest or name, args.split, min_frames=3 * WINDOW)[: args.clips]
        frames = sum(clip.row.frames for clip in clips)
        loaders: dict[str, Any] = {"jpg files, mel each time": JpgDataset(export(clips, folder))}
        for kind in ("decoded each time", "in memory"):
            plain = LipDataset(clips, ENDLESS, augment=NONE)
            augmented = LipDataset(clips, ENDLESS, augment=AugmentSettings())
            matched = LipDataset(clips, ENDLESS, reference=PoseMatchedReference())
            for dataset in (plain, augmented, matched) if kind == "in memory" else ():
                dataset.keep_decoded(frames * 64 / 1024, 1)  # 64 KiB a picture: room for all
                measure(dataset, args.batch, PASSES * frames // (2 * WINDOW), 10**6)
            loaders |= {
                f"clips, {kind}": plain,
                f"  augmented, {kind}": augmented,
                f"  pose-matched, {kind}": matched,
            }
        for dataset in loaders.values():  # whatever is opened or compiled once
            measure(dataset, args.batch, args.batch, 0)
        results: dict[str, list[tuple[float, float]]] = {each: [] for each in loaders}
        for turn in range(args.rounds):
            for each, dataset in loaders.items():
                first = args.batch + turn * args.items
                results[each].append(measure(dataset, args.batch, args.items, first))
        best = {each: np.min(values, axis=0) for each, values in results.items()}
        seconds = np.mean([clip.row.frames / clip.row.fps for clip in clips])
        print(f"{len(clips)} clips of {seconds:.1f} s; best of {args.rounds} rounds")
        print(f"{'milliseconds an item':34} {'wall':>8} {'processor':>10} {'times as fast':>14}")
        reference = best["jpg files, mel each time"][1]
        for each, (wall, processor) in best.items():
            print(f"{each:34} {wall:8.2f} {processor:10.2f} {reference / processor:13.1f}x")


if __name__ == "__main__":
    main()
