"""Compare sync experts as what `wav2lip audit` measures with: planted offsets, agreement, and false certainty.

    python benchmarks/audit_experts.py CLIPS bundled:expert bundled:mesh_expert bundled:judge --split val

CLIPS is a folder of `wav2lip preprocess`. An expert is certain of a clip if its agreement is at least 0.8. Offsets are
planted in the clips that an expert is certain of, and compared with what it found before. What the audit would do with
the clips, and with clips that have the sound of another speaker, is given for several values of `min_agreement`.
"""

import argparse
from collections.abc import Iterable
from itertools import combinations

import cv2
import numpy as np
import torch

from wav2lip.checkpoints.expert import load_expert
from wav2lip.clips import ClipFile
from wav2lip.data.clip_dataset import Clip
from wav2lip.data.datamodule import load_clips
from wav2lip.evaluation.card_embeddings import Expert, embed_under
from wav2lip.evaluation.expert_card import CERTAIN
from wav2lip.metrics.bootstrap import bootstrap_mean
from wav2lip.metrics.offset import ClipOffset, clip_offset, offset_scores
from wav2lip.types import SAMPLES_PER_FRAME, Pcm

PLANTED = (-8, -5, -3, -2, -1, 1, 2, 3, 5, 8)  # frames
MAX_SHIFT = 10  # frames, as `wav2lip audit`
LIMITS = (0.8, 0.9, 0.95)  # of `min_agreement`
OTHERS = 4  # sounds of other speakers per clip


def measure(expert: Expert, file: ClipFile, pcm: Pcm | None = None) -> ClipOffset | None:
    """Measure a clip's offset; with `pcm` that of the clip with another sound."""
    embedded = embed_under(expert, file, pcm=pcm)
    if embedded is None:
        return None
    audio, lips = embedded
    return clip_offset(offset_scores(lips, audio), block=expert.window)


def delayed(pcm: Pcm, frames: int) -> Pcm:
    """Delay a sound by frames; what is missing is silence."""
    samples = frames * SAMPLES_PER_FRAME
    moved = np.zeros_like(pcm)
    if samples > 0:
        moved[samples:] = pcm[:-samples]
    else:
        moved[:samples] = pcm[-samples:]
    return moved


def line(name: str, values: Iterable[bool], people: list[str]) -> str:
    """Write a mean with its interval over people."""
    found = [float(value) for value in values]
    if not found:
        return f"{name}: none"
    cell = bootstrap_mean(found, people)
    return f"{name}: {cell.mean:.3f} ({cell.low:.2f}-{cell.high:.2f}), {len(found)} cases"


def certain(found: ClipOffset | None) -> bool:
    """Whether an offset is certain."""
    return found is not None and found.agreement >= CERTAIN


def decision(found: ClipOffset | None, min_agreement: float) -> str:
    """Decide as `SyncAuditor` does."""
    if found is None or found.agreement < min_agreement or abs(found.av_offset) > MAX_SHIFT:
        return "rejected"
    return "shifted" if found.av_offset and found.sign_agreement >= min_agreement else "kept"


def decisions(found: list[ClipOffset | None], people: list[str]) -> list[str]:
    """Tabulate what the audit would do, by `min_agreement`."""
    return [
        line(
            f"  min_agreement {limit}, {what}", [decision(f, limit) == what for f in found], people
        )
        for limit in LIMITS
        for what in ("kept", "shifted", "rejected")
    ]


def report(expert: Expert, clips: list[Clip], own: dict[str, ClipOffset]) -> list[str]:
    """Measure one expert on clips whose own offset `own` it has found."""
    people = [clip.row.speaker for clip in clips]
    sounds = [ClipFile(clip.path).pcm() for clip in clips]
    lines = [line("certain of its own sound", [certain(own[c.row.clip]) for c in clips], people)]
    lines += decisions([own[clip.row.clip] for clip in clips], people)
    sure = [clip for clip in clips if certain(own[clip.row.clip])]
    exact, near, owners = [], [], []
    for clip in sure:
        file, before = ClipFile(clip.path), own[clip.row.clip].av_offset
        for frames in PLANTED:
            found = measure(expert, file, delayed(file.pcm(), frames))
            off = None if found is None else found.av_offset - (before - frames)
            exact.append(off == 0)
            near.append(off is not None and abs(off) <= 1)
            owners.append(clip.row.speaker)
    lines += [line("planted, exact", exact, owners), line("planted, within a frame", near, owners)]
    dubbed, silent, victims = [], [], []
    for index, clip in enumerate(clips):
        file = ClipFile(clip.path)
        others = [s for s, person in zip(sounds, people, strict=True) if person != people[index]]
        for k in range(min(OTHERS, len(others))):
            other = np.resize(others[(index * OTHERS + k) % len(others)], len(sounds[index]))
            dubbed.append(measure(expert, file, other))
            victims.append(people[index])
        silent.append(certain(measure(expert, file, np.zeros_like(sounds[index]))))
    lines.append(line("certain of another speaker's sound", map(certain, dubbed), victims))
    lines += decisions(dubbed, victims)
    lines.append(line("certain of silence", silent, people))
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("clips")
    parser.add_argument("experts", nargs="+")
    parser.add_argument("--split", default="val")
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    torch.set_num_threads(1)
    clips = load_clips([arguments.clips], arguments.split)
    networks = {name: load_expert(name).network for name in arguments.experts}
    found: dict[str, dict[str, ClipOffset]] = {}
    for name, network in networks.items():
        measured = {clip.row.clip: measure(network, ClipFile(clip.path)) for clip in clips}
        found[name] = {key: value for key, value in measured.items() if value is not None}
    clips = [c for c in clips if all(c.row.clip in each for each in found.values())]
    people = {clip.row.speaker for clip in clips}
    print(f"{len(clips)} clips of {len(people)} people that all can measure")
    for one, two in combinations(arguments.experts, 2):
        both = [
            c for c in clips if certain(found[one][c.row.clip]) and certain(found[two][c.row.clip])
        ]
        off = [
            abs(found[one][c.row.clip].av_offset - found[two][c.row.clip].av_offset) for c in both
        ]
        who = [c.row.speaker for c in both]
        print(line(f"{one} and {two}, both certain: within a frame", [o <= 1 for o in off], who))
    for name, network in networks.items():
        print(f"\n{name}")
        print("\n".join(report(network, clips, found[name])), flush=True)


if __name__ == "__main__":
    main()
