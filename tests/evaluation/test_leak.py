"""Generators with known truth: one follows its sound, one copies its source."""

from dataclasses import dataclass

import numpy as np
import pytest

from wav2lip.errors import InputError
from wav2lip.evaluation.leak import ProbeAudio, fitted, probe_leak
from wav2lip.evaluation.segments import read_pcm
from wav2lip.faces.crops import Crop
from wav2lip.media.pcm import to_pcm
from wav2lip.synthetic.face import BOX_HEIGHT, Pose, SyntheticFace
from wav2lip.synthetic.voice import speak

SECONDS = 4.0
TIMES = np.arange(round(25 * SECONDS)) / 25
DELAYS = {"right": 0.0, "swapped": 0.0, "late": 0.2}


@dataclass
class Rendered:
    image: np.ndarray
    time: float


class Actor:
    """A nodding face of `size` px that can say what `voices` say; its source says the right one."""

    def __init__(self, size: int, person: int, sounds: ProbeAudio, voices: dict) -> None:
        self.variants = sounds.variants(round(SECONDS * 16_000))
        self.voices = voices
        self.face = SyntheticFace(person, size)
        sway = 0.03 * np.sin(2 * np.pi * 0.7 * TIMES)
        self.poses = [Pose(x, 0.03 + x / 2, 2 * x, 1.0, 0.0, 1.0) for x in map(float, sway)]
        self.crops = {k: Crop.of_box(self.face.box(pose)) for k, pose in enumerate(self.poses)}

    def says(self, audio) -> str:
        """Which of the four sounds it is given, all of it."""
        pcm = read_pcm(audio)
        (name,) = (name for name, sound in self.variants.items() if np.abs(pcm - sound).max() <= 1)
        return name

    def draw(self, name: str):
        opening = width = np.zeros(len(TIMES))
        if name != "muted":
            opening, width = self.voices[name].mouth_at(TIMES - DELAYS[name])
        for k, (pose, *mouth) in enumerate(zip(self.poses, opening, width, strict=True)):
            yield Rendered(self.face.render(*map(float, mouth), pose, k), float(TIMES[k]))


class Follower(Actor):
    """Follows the sound that it is given."""

    def frames(self, face, audio, *, warn_voiceless=True):
        return self.draw(self.says(audio))


class Copier(Actor):
    """Copies its source, whatever the sound is."""

    def frames(self, face, audio, *, warn_voiceless=True):
        assert self.says(audio) in self.variants
        return self.draw("right")


def scene(judge, kind: type[Actor], person: int = 905):
    voices = [speak(seed, SECONDS) for seed in (person, person + 40)]
    pcm = [to_pcm(voice.wav) for voice in voices]
    sounds = ProbeAudio(pcm[0], pcm[1], pcm[0])
    named = dict(zip(("right", "swapped", "late"), (*voices, voices[0]), strict=True))
    size = round(judge.clip_view.size / BOX_HEIGHT)
    return kind(size, person, sounds, named), sounds


def test_the_four_sounds():
    right, other = np.arange(1, 9, dtype=np.int16), np.array([7, 8, 9], np.int16)
    made = ProbeAudio(right, other, None).variants(3202)
    assert {name: len(pcm) for name, pcm in made.items()} == {
        "right": 3202, "swapped": 3202, "late": 3202, "muted": 3202,
    }  # fmt: skip
    assert made["right"][:10].tolist() == [1, 2, 3, 4, 5, 6, 7, 8, 0, 0]
    assert made["swapped"][:8].tolist() == [7, 8, 9, 7, 8, 9, 7, 8]
    assert not made["late"][:3200].any()
    assert made["late"][3200:].tolist() == [1, 2]
    assert not made["muted"].any()
    assert fitted(right, 3).tolist() == [1, 2, 3]


def test_a_follower_follows_the_sound_and_a_copier_its_source(judge, tmp_path):
    actor, sounds = scene(judge, Follower)
    follower = probe_leak(actor, tmp_path, sounds, actor.crops, judge, SECONDS)
    assert follower.agreement_right > 0.25
    assert follower.agreement_swapped > 0.25
    assert follower.agreement_late > 0.25
    assert abs(follower.agreement_source) < 0.06
    assert abs(follower.agreement_muted_source) < 0.06
    assert follower.response > 3
    actor, sounds = scene(judge, Copier)
    copier = probe_leak(actor, tmp_path, sounds, actor.crops, judge, SECONDS)
    assert (
        copier.agreement_source
        == copier.agreement_muted_source
        == copier.agreement_right
        == follower.agreement_right
    )
    assert abs(copier.agreement_swapped) < 0.06
    assert copier.response == 0


def test_only_frames_with_a_face_are_judged(judge, tmp_path):
    actor, sounds = scene(judge, Follower)
    late = {frame: crop for frame, crop in actor.crops.items() if frame >= 30}
    part = probe_leak(actor, tmp_path, sounds, late, judge, SECONDS)
    assert part.agreement_swapped > 0.25
    assert part.agreement_source < 0.3 * part.agreement_swapped
    few = {frame: crop for frame, crop in actor.crops.items() if frame >= 80}
    with pytest.raises(
        InputError, match="20 consecutive frames with a face in its first 4 s are too few"
    ):
        probe_leak(actor, tmp_path, sounds, few, judge, SECONDS)
