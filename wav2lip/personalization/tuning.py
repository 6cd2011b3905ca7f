"""Tune a generator that moves the mesh to one person."""

import time
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wav2lip.checkpoints import LoadedNetwork, load_network, save_network
from wav2lip.errors import InputError
from wav2lip.media.alignment import frame_times
from wav2lip.media.audio_features import audio_features
from wav2lip.models import LipMotion, MeshGenerator
from wav2lip.personalization.advice import what_to_film
from wav2lip.personalization.decision import judge_motion, judge_mouth
from wav2lip.personalization.material import FILM, Material
from wav2lip.personalization.motion_fit import LastLayer, fit_motion
from wav2lip.personalization.mouth_fit import fit_mouth
from wav2lip.personalization.selection import choose_seconds, seconds_of
from wav2lip.personalization.speech import (
    Floats,
    motion_features,
    read_speech,
    silence_features,
)
from wav2lip.personalization.verdict import Verdict
from wav2lip.synthetic.voice import speak
from wav2lip.types import FPS

LEAST_FRAMES = 75  # to tune on: 3 s
LEAST_HELD_OUT = 20  # frames
VOICE = 1_000_003  # number of the synthetic voice that stands for another person's
JUDGING = 0.1  # of the time, for what follows the tuning


@dataclass(frozen=True)
class Personal:
    """A generator for one person.

    Attributes:
        network: the generator; parts that are not surely better are those of the start.
        verdict: what changed.
        metadata: of the start, with what it was tuned on.
    """

    network: MeshGenerator
    verdict: Verdict
    metadata: dict[str, Any]


def load_start(checkpoint: str) -> LoadedNetwork:
    """Load the generator to start from.

    Raises:
        InputError: it moves no mesh.
    """
    loaded = load_network(checkpoint, "generator")
    if not isinstance(loaded.network, MeshGenerator):
        raise InputError(
            f"{loaded.path}: renders faces from audio directly and cannot be tuned in minutes; give a generator that "
            "moves a mesh, or fine-tune it with `wav2lip train experiment=finetune_speaker`"
        )
    return loaded


def other_voice(network: LipMotion, frames: int) -> Floats:
    """Return the features (frames, width) of a synthetic voice."""
    audio = audio_features(speak(VOICE, frames / FPS + 1).wav, network.channels)
    return motion_features(network, audio, frame_times(frames, FPS))


def personalize(
    start: LoadedNetwork,
    material: Material,
    minutes: float = 5.0,
    seed: int = 0,
    since: float | None = None,
    mouth: bool = True,
) -> Personal:
    """Tune a generator to the person in a material, and judge the result.

    Args:
        start: from `load_start`; stays as it is.
        material: clips of one person.
        minutes: time for everything, from `since` on. The tuning of the motion takes a moment and is always done.
        seed: of the samples that the inside of the mouth is tuned on.
        since: time of `time.monotonic` at which the work began; None: now.
        mouth: whether the inside of the mouth is tuned, too.

    Raises:
        InputError: the material has too few usable frames.
    """
    began = time.monotonic() if since is None else since
    assert isinstance(start.network, MeshGenerator)
    network = deepcopy(start.network).float().eval()
    chosen = choose_seconds(material.clips)
    tuned, held_out = (
        read_speech(clips, network.motion) if clips else None
        for clips in (chosen.tuned, chosen.held_out)
    )
    if not tuned or len(tuned) < LEAST_FRAMES or not held_out or len(held_out) < LEAST_HELD_OUT:
        raise InputError(
            f"{material.clips[0].row.source}: too few seconds show a speaking face from the front; {FILM}"
        )
    layer = LastLayer.of(network.motion)
    fit = fit_motion(layer, tuned, silence_features(network.motion))
    voice = other_voice(network.motion, len(held_out))
    motion = judge_motion(layer, fit, tuned, held_out, voice)
    until = began + 60 * minutes * (1 - JUDGING)
    inpainter, mouth_fit = deepcopy(network.inpainter), None
    if mouth:
        mouth_fit = fit_mouth(inpainter, chosen.tuned, chosen.held_out, until, seed)
    film = what_to_film(
        [*chosen.tuned, *chosen.held_out], material.speech, layer.predict(tuned.features)
    )
    videos = sorted({Path(clip.row.source).name for clip in material.clips})
    lengths = seconds_of(chosen.tuned), seconds_of(chosen.held_out)
    verdict = Verdict(
        videos, *lengths, motion, mouth_fit, judge_mouth(mouth_fit), film, material.remarks
    )
    if verdict.takes_motion:
        fit.layer.put_into(network.motion)
    if verdict.takes_mouth:
        network.inpainter = inpainter
    parts = {"motion": verdict.takes_motion, "inpainter": verdict.takes_mouth}
    personal = {
        "tuned_by": "wav2lip personalize",
        "videos": videos,
        "seconds": round(lengths[0], 1),
        "parts": [name for name, taken in parts.items() if taken],
        "start": start.identity,
        "seed": seed,
    }
    return Personal(network, verdict, {**start.metadata, "personal": personal})


def write_personal(path: Path, personal: Personal, config: dict[str, Any]) -> None:
    """Write the generator as a checkpoint that `load_network` reads.

    Raises:
        InputError: the file cannot be written.
    """
    save_network(path, personal.network, config, personal.metadata)
