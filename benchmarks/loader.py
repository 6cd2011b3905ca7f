"""Measure the data set against one that opens jpg files and computes the mel for every item.

    python benchmarks/loader.py                             synthetic clips of 8 s
    python benchmarks/loader.py --manifest data/clips       your own

Both yield batches of the same items (target, reference, five mel windows and one) of the same clips, alternating,
in this process. The other loader works like the published one: one folder of jpg files per clip; for each item it
lists the folder, reads the audio file and computes its mel. It does not augment.

Ours is measured twice: with every image decoded, as in the first epoch or if `data.cache_mb` is too small for the
corpus; and with all images in memory. Compare processor times on a machine that does other work; wall times mean
little there.
"""

import argparse
import tempfile
import time
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from published_loader import JpgDataset, export
from torch.utils.data import DataLoader, default_collate

from wav2lip.data.augment import NO_AUGMENT, AugmentSettings
from wav2lip.data.datamodule import collate, load_clips
from wav2lip.data.datasets import LipDataset
from wav2lip.data.reference import PoseMatchedReference
from wav2lip.synthetic.clips import write_synthetic_corpus
from wav2lip.types import WINDOW_FRAMES

ENDLESS = 10**9  # samples
PASSES = 8  # over the clips, until hardly a picture is not in memory


def measure(dataset: Any, batch: int, items: int, first: int) -> tuple[float, float]:
    """Wall and processor milliseconds per item, in whole batches."""
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
    parser.add_argument("--rounds", type=int, default=8)
    args = parser.parse_args()
    cv2.setNumThreads(1)  # as in a loader's process
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if args.manifest is None:
            write_synthetic_corpus(folder, {args.split: args.clips}, args.seconds)
        clips = load_clips(args.manifest or name, args.split, min_frames=3 * WINDOW_FRAMES)[
            : args.clips
        ]
        frames = sum(clip.row.frames for clip in clips)
        loaders: dict[str, Any] = {"jpg files, mel each time": JpgDataset(export(clips, folder))}
        for kind in ("decoded each time", "in memory"):
            plain = LipDataset(clips, ENDLESS, augment=NO_AUGMENT)
            augmented = LipDataset(clips, ENDLESS, augment=AugmentSettings())
            matched = LipDataset(clips, ENDLESS, reference=PoseMatchedReference())
            for dataset in (plain, augmented, matched) if kind == "in memory" else ():
                dataset.cache_crops(frames * 64 / 1024, 1)  # 64 KiB a picture: room for all
                measure(dataset, args.batch, PASSES * frames // (2 * WINDOW_FRAMES), 10**6)
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
        print(f"{'milliseconds per item':34} {'wall':>8} {'processor':>10} {'times as fast':>14}")
        reference = best["jpg files, mel each time"][1]
        for each, (wall, processor) in best.items():
            print(f"{each:34} {wall:8.2f} {processor:10.2f} {reference / processor:13.1f}x")


if __name__ == "__main__":
    main()
