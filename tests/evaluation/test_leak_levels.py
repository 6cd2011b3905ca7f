"""Generators that take a known share of their mouth's motion from their source."""

from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from wav2lip.evaluation.evaluator import Evaluator
from wav2lip.evaluation.pairs import Pair
from wav2lip.evaluation.protocols import choose_protocols
from wav2lip.evaluation.scorer import Scoring
from wav2lip.evaluation.segments import LargestFace, read_pcm
from wav2lip.evaluation.systems import GENERATED
from wav2lip.media.frame import Frame
from wav2lip.media.writer import VideoWriter
from wav2lip.synthetic.clips import synthesize, write_synthetic_video
from wav2lip.synthetic.face import Pose, SyntheticFace
from wav2lip.synthetic.voice import Voice, speak

SECONDS = 4.0
TIMES = np.arange(round(25 * SECONDS)) / 25
PEOPLE = (905, 906, 907)
LATE = 0.2  # s, of the late sound
POSE = Pose(0.0, 0.03, 0.0, 1.0, 0.0, 1.0)
LEVELS = (0.0, 0.25, 0.5, 0.75, 1.0)
RISING = ("agreement_source", "agreement_muted_source", "lse_c_silent")
FALLING = "agreement_swapped"


@dataclass
class Leaker:
    """Draws a mouth that moves by the sound it is given, and by `leak` as its source does."""

    voices: dict[str, Voice]
    leak: float = 0.0

    def mouth(self, audio: Path) -> np.ndarray:
        """Opening and width (2,T) that a sound asks for; a silent one closes the mouth."""
        pcm = read_pcm(audio)[: 640 * len(TIMES)].astype(float)
        if np.abs(pcm).max() < 10:
            return np.zeros((2, len(TIMES)))
        candidates = [(voice, delay) for voice in self.voices.values() for delay in (0.0, LATE)]

        def likeness(candidate: tuple[Voice, float]) -> float:
            voice, delay = candidate
            late = np.concatenate([np.zeros(round(16_000 * delay)), voice.wav])[: len(pcm)]
            return float(late @ pcm[: len(late)])

        voice, delay = max(candidates, key=likeness)
        return np.stack(voice.mouth_at(TIMES - delay))

    def frames(self, face: Path, audio: Path, *, warn_voiceless: bool = True):
        own = np.stack(self.voices[face.stem].mouth_at(TIMES))
        mouth = (1 - self.leak) * self.mouth(audio) + self.leak * own
        head = SyntheticFace(int(face.stem), 160)
        for k, (opening, width) in enumerate(mouth.T):
            yield Frame(head.render(float(opening), float(width), POSE, k), float(TIMES[k]), k)

    def __call__(
        self, face: Path, audio: Path, output: Path, *, warn_voiceless: bool = True
    ) -> None:
        output.parent.mkdir(parents=True, exist_ok=True)
        with VideoWriter(output, 160, 160, 25) as writer:
            for frame in self.frames(face, audio):
                writer.write(frame.image, frame.time)


def film(person: int, voice: Voice, folder: Path) -> Pair:
    """Write a video of a person who says what a voice says."""
    head = SyntheticFace(person, 160)
    mouth = np.stack(voice.mouth_at(TIMES)).T
    frames = [head.render(*map(float, shape), POSE, k) for k, shape in enumerate(mouth)]
    clip = replace(synthesize(person, SECONDS), frames=np.stack(frames), wav=voice.wav)
    video = folder / f"{person}.mp4"
    write_synthetic_video(video, clip)
    return Pair(video.stem, video, video)


@pytest.mark.slow
def test_five_levels_of_leak_come_back_in_order_through_the_protocol(judge, detector, tmp_path):
    voices = {str(person): speak(person, SECONDS) for person in PEOPLE}
    pairs = [film(person, voices[str(person)], tmp_path) for person in PEOPLE]
    protocols, probes = choose_protocols(["leak"])
    assert probes
    found: dict[str, list[float]] = {name: [] for name in (*RISING, FALLING)}
    for leak in LEVELS:
        evaluate = Evaluator(
            judge,
            LargestFace(),
            detector,
            tmp_path / str(leak),
            Scoring(),
            Leaker(voices, leak),
            SECONDS,
            protocols=protocols,
        )
        results = [evaluate(pair, [p for p in pairs if p is not pair]) for pair in pairs]
        assert [skipped for one in results for skipped in one.skipped] == []
        rows = [row.values for one in results for row in one.clips if row.system == GENERATED]
        for name, values in found.items():
            values.append(float(np.mean([row[name] for row in rows])))
    for name in RISING:
        assert all(less < more for less, more in pairwise(found[name])), (name, found[name])
    assert all(more > less for more, less in pairwise(found[FALLING])), found[FALLING]
