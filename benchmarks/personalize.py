"""What tuning to one person gives with some seconds of material, on seconds that nobody saw.

    python benchmarks/personalize.py default data/clips --split val --seconds 5 15 60

The last fifth of each person's clips is the test, from which neither tuning nor verdict sees a frame. What is before
it, up to the given seconds, is the material; the command holds out a fifth of that by itself.

    verdict     which parts the verdict takes
    agreement   concordance of opening, width and jaw with the true ones, before and after
    r, range    mean correlation; standard deviation of the opening over the true one
    contrast    own sound against other moments and another voice
    L1, sharp   of the inside of the mouth
"""

import argparse
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from wav2lip.checkpoints import LoadedNetwork
from wav2lip.clips import read_manifest
from wav2lip.data.clip_dataset import Clip
from wav2lip.data.mouth_pairs import MouthPairDataset
from wav2lip.errors import InputError
from wav2lip.models import MeshGenerator
from wav2lip.personalization.material import Material
from wav2lip.personalization.motion_fit import LastLayer
from wav2lip.personalization.motion_scores import score_motion
from wav2lip.personalization.mouth_fit import draw, score_mouth
from wav2lip.personalization.selection import seconds_of
from wav2lip.personalization.speech import read_speech
from wav2lip.personalization.tuning import load_start, other_voice, personalize

TEST = 0.2
WORSE = 0.02  # of the agreement; less is chance in a test of some seconds
SAMPLES = 48  # pairs of frames of the test
HEADS = [
    "person",
    "seconds",
    "of",
    "verdict",
    "agreement",
    "r",
    "range",
    "contrast",
    "L1",
    "sharp",
    "s_cpu",
]


def split(clips: Sequence[Clip], seconds: float) -> tuple[list[Clip], list[Clip]]:
    """Return the material, `seconds` before the test, and the test."""
    total = sum(clip.row.frames for clip in clips)
    edge = total - round(TEST * total)
    first = max(0, edge - round(25 * seconds))
    parts: list[list[Clip]] = [[], []]
    at = 0
    for clip in clips:
        for part, (low, high) in zip(parts, ((first, edge - 5), (edge, total)), strict=True):
            span = max(low - at, 0), min(high - at, clip.row.frames)
            if span[1] > span[0]:
                part.append(replace(clip, span=span))
        at += clip.row.frames
    return parts[0], parts[1]


def measure(network: MeshGenerator, test: Sequence[Clip], mouth: bool) -> list[float]:
    """Return the values of `HEADS` from the agreement on."""
    speech = read_speech(test, network.motion)
    layer = LastLayer.of(network.motion)
    voice = layer.predict(other_voice(network.motion, len(speech)))
    found = score_motion(layer.predict(speech.features), speech.motion, voice)
    values = [found.concordance, found.correlation, found.opening_range, found.contrast]
    if not mouth:
        return values
    try:
        data = MouthPairDataset(test, SAMPLES, seed=7)
    except InputError:
        return [*values, np.nan, np.nan]
    scores, _ = score_mouth(network.inpainter, draw(data, SAMPLES, float("inf")))
    return [*values, scores.l1, scores.sharpness]


def run(
    start: LoadedNetwork,
    name: str,
    clips: Sequence[Clip],
    seconds: float,
    mouth: bool,
    gains: list[float],
) -> list[str] | None:
    """Tune to one person; None if there are not enough seconds. `gains` receives the change of the agreement."""
    material, test = split(clips, seconds)
    length = seconds_of(material)
    if length < 0.6 * seconds or seconds_of(test) < 1.5:
        return None
    began = time.process_time()
    cells = [name[:28], f"{seconds:g}", f"{length:.0f}"]
    assert isinstance(start.network, MeshGenerator)
    try:
        personal = personalize(start, Material(material, length, length), minutes=60, mouth=mouth)
    except InputError as error:
        gains.append(np.nan)
        return [*cells, f"refused: {error}"[:60]]
    used = time.process_time() - began
    verdict = personal.verdict
    taken = [
        n
        for n, takes in (("motion", verdict.takes_motion), ("mouth", verdict.takes_mouth))
        if takes
    ]
    before, after = (measure(n, test, mouth) for n in (start.network.eval(), personal.network))
    pairs = [f"{one:.3f}>{other:.3f}" for one, other in zip(before, after, strict=True)]
    gains.append(after[0] - before[0] if verdict.takes_motion else np.nan)
    return [*cells, "+".join(taken) or "keep", *pairs, f"{used:.0f}"]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("checkpoint")
    parser.add_argument("manifests", nargs="+", type=Path)
    parser.add_argument("--split", help="of the manifests (default: all)")
    parser.add_argument("--seconds", type=float, nargs="+", default=[5, 15, 60])
    parser.add_argument(
        "--motion_only", action="store_true", help="leave the inside of the mouth as it is"
    )
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    start = load_start(arguments.checkpoint)
    people: dict[str, list[Clip]] = {}
    for manifest in arguments.manifests:
        folder = manifest if manifest.is_dir() else manifest.parent
        for row in read_manifest(manifest):
            if arguments.split in (None, row.split):
                people.setdefault(row.speaker, []).append(Clip(folder / row.clip, row))
    print(" | ".join(HEADS))
    for seconds in arguments.seconds:
        gains: list[float] = []
        for name, clips in people.items():
            ordered = sorted(clips, key=lambda clip: (clip.row.source, clip.row.start))
            cells = run(start, name, ordered, seconds, not arguments.motion_only, gains)
            if cells:
                print(" | ".join(cells), flush=True)
        taken = np.array(gains)[np.isfinite(gains)]
        print(
            f"{seconds:g} s: motion taken for {len(taken)} of {len(gains)} people; agreement there "
            f"{taken.mean() if len(taken) else 0:+.3f}, lower by more than {WORSE} for {(taken < -WORSE).sum()}"
        )


if __name__ == "__main__":
    main()
