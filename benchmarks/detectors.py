"""Compare face detectors: which faces they find, by pose, size and kind of picture, and at what cost.

    python benchmarks/detectors.py MEDIA --weights retinaface=FILE scrfd=FILE
    python benchmarks/detectors.py MEDIA --weights retinaface=FILE --detectors blazeface hog --speed

MEDIA are folders of videos and pictures, searched with their subfolders. Every `--step`-th frame of each video is used.
The reference is RetinaFace at a score of 0.6. "Frames" is the share of the frames with a face in which the largest one
is found (IoU above 0.2), "faces" the share of all faces, "unconfirmed" how many faces no other detector of the table
sees. Processor time is that of this thread; `--speed` adds the time per frame of a tracked video with one face, with
and without landmarks, decoding left out. Times mean little while the machine does other work.
"""

import argparse
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from functools import partial
from itertools import islice
from pathlib import Path

import cv2
import numpy as np

from wav2lip.errors import InputError
from wav2lip.faces.boxes import iou
from wav2lip.faces.detectors import Detector, build_detector
from wav2lip.faces.landmark_tracking import find_landmarks, smooth_landmarks
from wav2lip.faces.mesh import FaceMesh
from wav2lip.faces.tracking import track_faces
from wav2lip.media.frame import Frame
from wav2lip.media.video import read_frames, read_image
from wav2lip.types import Box, Boxes, Image

PICTURES = {".jpg", ".jpeg", ".png"}
REFERENCE, REFERENCE_SCORE = "retinaface", 0.6
SEEN = 0.2  # IoU above which two detectors see the same face
LONGEST = 400  # frames of a video that are looked at
SPEED_FRAMES = 100


def pictures(folders: list[Path], step: int) -> Iterator[tuple[str, Image]]:
    """Yield name and BGR image of every `step`-th frame."""
    for path in (path for folder in folders for path in sorted(folder.rglob("*"))):
        if path.suffix.lower() in PICTURES:
            yield path.name, read_image(path)
        elif path.is_file() and path.suffix != ".csv":
            try:
                for frame in islice(read_frames(path), LONGEST):
                    if frame.index % step == step // 3:
                        yield path.name, frame.image
            except InputError as error:
                print(f"left out: {error}")


def bands(image: Image, faces: Boxes, mesh: FaceMesh) -> list[str]:
    """Return the kinds of picture that this one is, by its largest face."""
    h, w = image.shape[:2]
    box = faces[np.prod(faces[:, 2:4] - faces[:, :2], axis=1).argmax()]
    x0, y0, x1, y1 = (float(v) for v in box[:4])
    found = ["all", "one face" if len(faces) == 1 else "several faces"]
    landmarks = find_landmarks(image, box[:4], mesh)
    if landmarks is None:
        found.append("no mesh")
    else:
        yaw = abs(landmarks.pose.yaw)
        found.append("yaw below 20" if yaw < 20 else "yaw 20-45" if yaw < 45 else "yaw above 45")
        if abs(landmarks.pose.roll) > 15:
            found.append("roll above 15")
        if abs(landmarks.pose.pitch) > 15:
            found.append("pitch above 15")
    share = (x1 - x0) / w
    size = "small, below 8 %" if share < 0.08 else "8-40 % of the width" if share < 0.4 else "large"
    found.append(size)
    if min(x0, y0) < 0 or x1 > w or y1 > h:
        found.append("cut by the border")
    face = image[max(0, int(y0)) : max(1, int(y1)), max(0, int(x0)) : max(1, int(x1))]
    if face.size:
        if face.mean() < 60:
            found.append("dark, mean below 60")
        if np.abs(face[..., 0].astype(int) - face[..., 2]).mean() < 6:
            found.append("black and white")
    return found


def sees(box: Box, others: Boxes) -> bool:
    return bool(len(others)) and bool(iou(box, others).max() > SEEN)


def amortised(work: Callable[[], object], frames: int) -> float:
    """Return the processor time of this process per frame, in ms."""
    start = time.process_time()
    work()
    return (time.process_time() - start) / frames * 1000


def track(frames: list[Frame], detector: Detector, mesh: FaceMesh | None = None) -> None:
    """Follow the largest face, with landmarks if there is a mesh."""
    for _ in smooth_landmarks(track_faces(frames, detector, mesh=mesh)):
        pass


def print_speed(detectors: dict[str, Detector], videos: list[Path]) -> None:
    """Print the processor time per frame of tracked videos."""
    print(f"\n{len(videos)} videos, {SPEED_FRAMES} frames each, ms a frame\n")
    print("| detector | tracked | with landmarks |\n|---|---|---|")
    for name, detector in detectors.items():
        plain, full = [], []
        for video in videos:
            read = islice(read_frames(video), SPEED_FRAMES)
            frames = [Frame(f.image, f.time, f.index) for f in read]  # decoded and converted
            plain.append(amortised(partial(track, frames, detector), len(frames)))
            full.append(amortised(partial(track, frames, detector, FaceMesh()), len(frames)))
        print(f"| {name} | {np.mean(plain):.1f} | {np.mean(full):.1f} |")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("media", type=Path, nargs="+")
    parser.add_argument("--weights", nargs="*", default=[], metavar="NAME=FILE")
    parser.add_argument("--detectors", nargs="*", default=["blazeface", "hog"], metavar="NAME")
    parser.add_argument("--step", type=int, default=25)
    parser.add_argument("--speed", action="store_true", help="time tracked videos as well")
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    detectors = {name: build_detector(name) for name in arguments.detectors}
    for pair in arguments.weights:
        name, file = pair.split("=", 1)
        detectors[name] = build_detector(name, file)
    mesh = FaceMesh()
    seen: dict[str, dict[str, list[bool]]] = defaultdict(lambda: defaultdict(list))
    every: dict[str, list[bool]] = defaultdict(list)
    alone: dict[str, int] = defaultdict(int)
    costs: dict[str, list[float]] = defaultdict(list)
    lost: dict[str, list[str]] = defaultdict(list)
    for title, image in pictures(arguments.media, arguments.step):
        found = {}
        for name, detector in detectors.items():
            start = time.thread_time()
            found[name] = detector.detect(image)
            costs[name].append((time.thread_time() - start) * 1000)
        for name, boxes in found.items():
            others = np.concatenate([b for other, b in found.items() if other != name])
            alone[name] += sum(not sees(box, others) for box in boxes)
        faces = found[REFERENCE]
        faces = faces[faces[:, 4] > REFERENCE_SCORE]
        if not len(faces):
            continue
        largest = faces[np.prod(faces[:, 2:4] - faces[:, :2], axis=1).argmax()]
        for name, boxes in found.items():
            hit = sees(largest, boxes)
            if not hit:
                lost[name].append(title)
            every[name] += [sees(face, boxes) for face in faces]
            for band in bands(image, faces, mesh):
                seen[band][name].append(hit)
    names = list(detectors)
    rows = [("", "frames", names), ("---", "---", ["---"] * len(names))]
    for band, hits in sorted(seen.items(), key=lambda item: -len(item[1][names[0]])):
        shares = [f"{np.mean(hits[name]):.1%}" for name in names]
        rows.append((band, str(len(hits[names[0]])), shares))
    rows.append(("faces", str(len(every[names[0]])), [f"{np.mean(every[n]):.1%}" for n in names]))
    rows.append(("unconfirmed", "", [str(alone[name]) for name in names]))
    rows.append(("ms a call", "", [f"{np.mean(costs[name]):.1f}" for name in names]))
    for first, count, cells in rows:
        print("|", " | ".join([first, count, *cells]), "|")
    for name in names:
        titles = [f"{title} x{lost[name].count(title)}" for title in sorted(set(lost[name]))]
        print(f"{name} loses: {', '.join(titles) or 'nothing'}")
    if arguments.speed:
        videos = [path for folder in arguments.media for path in sorted(folder.rglob("*.mp4"))]
        print_speed(detectors, videos[:: max(1, len(videos) // 10)])


if __name__ == "__main__":
    main()
