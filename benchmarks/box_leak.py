"""Measure what the place of a face's crop tells about its mouth, before any pixel is seen.

    python benchmarks/box_leak.py FOLDER [FOLDER ...] --detectors blazeface hog

FOLDERS hold videos of talking people and, if there is one, a manifest.csv with the columns file and person or source;
people are told apart by these, else by the name of the file. In each shot the crop's place (left, top, right, bottom in
mean sizes; log size; log aspect; roll) and the mouth aspect ratio (MAR) are centred. A linear regression from the place
to the MAR is fitted to four fifths of the people and tested on the others. R2 is the share of the MAR's variance that
it explains there, over all fifths; the mean of ten divisions of the people. "Eyes in the crop" is the same for the
places of eye corners and nose bridge within the crop: how much of a head's own nods the crop leaves in the picture.
"""

import argparse
import csv
from dataclasses import dataclass, field
from itertools import groupby, islice
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from wav2lip.errors import InputError
from wav2lip.faces.crop_tracking import align_crops
from wav2lip.faces.crops import Crop
from wav2lip.faces.detectors import Detector, build_detector
from wav2lip.faces.mesh import FaceMesh
from wav2lip.faces.tracked_frame import TrackedFrame
from wav2lip.faces.tracking import track_faces
from wav2lip.media.frame import Frame
from wav2lip.media.video import read_frames

FIFTHS, DIVISIONS = 5, 10
MIN_FRAMES = 25  # of a shot
STEADY = (33, 263, 168, 6)  # outer eye corners and nose bridge
RIDGE = 1e-3

Array = NDArray[np.float64]


@dataclass
class Samples:
    """Centred places of crops, places of the eyes in them, MAR, and the number of the person."""

    places: list[Array] = field(default_factory=list)
    eyes: list[Array] = field(default_factory=list)
    mar: list[Array] = field(default_factory=list)
    people: list[Array] = field(default_factory=list)

    def add(self, crops: list[Crop], points: Array, mar: Array, person: int) -> None:
        """Add a shot of T frames: crops, points (T, 4, 2) in pixels, mar (T,)."""
        size = np.mean([np.sqrt(crop.width * crop.height) for crop in crops])
        place = []
        for crop in crops:
            logs = np.log(crop.width * crop.height), np.log(crop.width / crop.height)
            place.append([*(crop.box / size), *logs, crop.roll])
        eyes = []
        for crop, here in zip(crops, points, strict=True):
            back = crop.from_frame(1, 1)
            eyes.append((here @ back[:, :2].T + back[:, 2]).ravel())
        for store, values in ((self.places, place), (self.eyes, eyes), (self.mar, mar)):
            values = np.asarray(values, np.float64)
            store.append(values - values.mean(axis=0))
        self.people.append(np.full(len(mar), person))


def r2(inputs: Array, target: Array, people: Array, seed: int) -> float:
    """Fit to four fifths of the people, test on the others; R2 over all fifths."""
    names = np.unique(people)
    fifth = np.random.default_rng(seed).permutation(len(names)) % FIFTHS
    of = fifth[np.searchsorted(names, people)]
    left = 0.0
    for k in range(FIFTHS):
        train = of != k
        scaled = inputs / (inputs[train].std(axis=0) + 1e-12)
        a, b = scaled[train], target[train]
        weights = np.linalg.solve(a.T @ a + RIDGE**2 * len(a) * np.eye(a.shape[1]), a.T @ b)
        left += float(((target[~train] - scaled[~train] @ weights) ** 2).sum())
    return 1 - left / float((target**2).sum())


def people_of(folder: Path) -> dict[str, str]:
    """Return the person of each file that a manifest names."""
    path = folder / "manifest.csv"
    if not path.exists():
        return {}
    with path.open(newline="", encoding="utf-8") as file:
        return {row["file"]: row.get("person") or row["source"] for row in csv.DictReader(file)}


def follow(frames: list[Frame], detector: Detector, mesh: FaceMesh | None) -> list[TrackedFrame]:
    return [frame for frame in track_faces(frames, detector, mesh=mesh) if frame.faces]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--detectors", nargs="+", default=["blazeface"], metavar="NAME")
    parser.add_argument("--frames", type=int, default=150, help="of each video (default: 150)")
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    detectors = {name: build_detector(name) for name in arguments.detectors}
    finder, mesh = build_detector("blazeface"), FaceMesh()
    found = {name: Samples() for name in (*detectors, "aligned")}
    numbers: dict[str, int] = {}
    shots = 0
    for path in (path for folder in arguments.folders for path in sorted(folder.glob("*.mp4"))):
        name = people_of(path.parent).get(path.name, path.stem)
        person = numbers.setdefault(name, len(numbers))
        try:
            frames = list(islice(read_frames(path), arguments.frames))
        except InputError as error:
            print(f"left out: {error}")
            continue
        aligned = list(align_crops(follow(frames, finder, mesh)))
        known = {f.frame.index: f.faces[0] for f in aligned if f.faces[0].landmarks is not None}
        crops = {"aligned": {index: face.crop for index, face in known.items()}}
        for label, detector in detectors.items():
            boxes = follow(frames, detector, None)
            crops[label] = {f.frame.index: f.faces[0].crop for f in boxes}
        shot_of = {f.frame.index: f.shot for f in aligned}
        common = sorted(set.intersection(*(set(places) for places in crops.values())))
        keys = [(index - place, shot_of[index]) for place, index in enumerate(common)]
        for _, run in groupby(zip(keys, common, strict=True), lambda pair: pair[0]):
            indices = [index for _, index in run]
            if len(indices) < MIN_FRAMES:
                continue
            shots += 1
            marks = [known[index].landmarks for index in indices]
            points = np.array([mark.points[list(STEADY), :2] for mark in marks if mark])
            mar = np.array([mark.mar for mark in marks if mark])
            for label, places in crops.items():
                found[label].add([places[index] for index in indices], points, mar, person)
    count = sum(map(len, found["aligned"].mar))
    print(f"{count} frames, {shots} shots, {len(numbers)} people\n")
    print("| crop | R2 of its place | R2 of the eyes in it |\n|---|---|---|")
    for label, samples in found.items():
        mar, people = np.concatenate(samples.mar), np.concatenate(samples.people)
        parts = (np.concatenate(samples.places), np.concatenate(samples.eyes))
        row = [
            np.mean([r2(part, mar, people, seed) for seed in range(DIVISIONS)]) for part in parts
        ]
        print(f"| {label} | {row[0]:.3f} | {row[1]:.3f} |")


if __name__ == "__main__":
    main()
