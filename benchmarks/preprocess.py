"""Measure the speed of preprocessing, as a multiple of real time, and the share of each part.

    python benchmarks/preprocess.py                      two synthetic talking heads at 1280x720, 25 fps
    python benchmarks/preprocess.py --input VIDEOS       your own

Prints wall time, and processor time of this process and its workers. "Of a core" is seconds of video per second of
processor time; multiplied by the number of cores it is the speed of an idle machine. Then prints the share of each
part of the work, in this process.
"""

import argparse
import os
import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from fractions import Fraction
from functools import partial
from pathlib import Path

import cv2
import numpy as np

from wav2lip.execution.pool import run_in_pool
from wav2lip.faces.crop_tracking import track_crops
from wav2lip.faces.crops import cut_face
from wav2lip.faces.detectors import build_detector
from wav2lip.media.audio import load_wav
from wav2lip.media.mel import mel_spectrogram
from wav2lip.media.pcm import to_pcm, write_wav
from wav2lip.media.video import VideoWriter, probe, read_frames
from wav2lip.preprocessing.corpus import plan_jobs, preprocess
from wav2lip.preprocessing.retiming import retime_frames
from wav2lip.preprocessing.settings import ClipSettings
from wav2lip.synthetic.clips import synthesize

WIDTH, HEIGHT = 1280, 720  # px
FPS = Fraction(25)


def make_video(path: Path, seed: int, seconds: float) -> None:
    """Write a synthetic talking head at 1280x720 with camera noise."""
    clip = synthesize(seed, seconds, size=HEIGHT // 2)
    rng = np.random.default_rng(seed)
    noise = rng.normal(0, 2, (4, HEIGHT, WIDTH, 3)).astype(np.float32)
    side = (WIDTH - HEIGHT) // 2
    sound = path.with_suffix(".wav")
    write_wav(sound, to_pcm(clip.wav))
    with VideoWriter(path, WIDTH, HEIGHT, FPS, crf=20, audio=sound) as writer:
        for i, frame in enumerate(clip.frames):
            large = cv2.resize(frame, (HEIGHT, HEIGHT), interpolation=cv2.INTER_CUBIC)
            wide = cv2.copyMakeBorder(large, 0, 0, side, side, cv2.BORDER_REFLECT)
            noisy = np.clip(wide + noise[i % len(noise)], 0, 255)
            writer.write(noisy.astype(np.uint8), float(i / FPS))


def processor() -> float:
    """Seconds of processor time of this process and the workers that have ended."""
    both = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(use.ru_utime + use.ru_stime for use in both)


def parts(path: Path, detector: str) -> Iterator[tuple[str, Callable[[], object]]]:
    """What is to be done for a video, each part on top of what it needs."""
    made = build_detector(detector, None)
    settings = ClipSettings()
    yield "sound and mel", lambda: mel_spectrogram(load_wav(path))
    yield "decoding", lambda: sum(1 for _ in read_frames(path))
    frames = list(retime_frames(read_frames(path), settings.fps))
    tracked = []

    def track() -> None:
        tracked.extend(track_crops(frames, made, settings.face_crop))

    yield "finding and tracking faces", track

    def crop() -> None:
        for item in tracked:
            for crop in item.crops:
                cut_face(item.frame.image, crop.widened(settings.pad), settings.crop_size)

    yield "cropping", crop


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--input", type=Path, help="default: synthetic talking heads")
    parser.add_argument(
        "--seconds", type=float, default=20, help="of a synthetic video (default: 20)"
    )
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--detector", default="blazeface")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source = args.input
        if source is None:
            source = folder / "videos"
            source.mkdir()
            for seed in range(2):
                make_video(source / f"{seed}.mp4", seed, args.seconds)
        jobs = plan_jobs(source, folder / "out", ClipSettings(), detector=args.detector)
        media = sum(float(probe(job.video.path).duration or 0) for job in jobs)
        began, used = time.perf_counter(), processor()
        _, rows = preprocess(jobs, folder / "out", partial(run_in_pool, workers=args.workers))
        wall, used = time.perf_counter() - began, processor() - used
        kept = sum(row.frames / row.fps for row in rows)
        print(
            f"{len(jobs)} videos, {media:.1f} s, {kept:.1f} s in {len(rows)} clips, {args.detector}"
        )
        print(f"{args.workers} workers: {media / wall:6.2f} x real time by the wall clock")
        print(f"of a core:  {media / used:6.2f} x real time, {os.cpu_count()} cores here")
        path = jobs[0].video.path
        length = float(probe(path).duration or 0)
        for part, work in parts(path, args.detector):
            before = processor()
            work()
            spent = processor() - before
            print(f"  {part:27} {1000 * spent / length:7.1f} processor ms per second of video")


if __name__ == "__main__":
    main()
