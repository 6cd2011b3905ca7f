"""The leak probe of one pair of an evaluation, with the sound of another pair."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from wav2lip.evaluation.failures import FAILURES
from wav2lip.evaluation.judge import LoadedJudge
from wav2lip.evaluation.leak import (
    ProbeAudio,
    ProbeFrames,
    VideoGenerator,
    probe_frames,
    probe_leak,
    probe_run,
)
from wav2lip.evaluation.pairs import Pair
from wav2lip.evaluation.quality import is_same_audio
from wav2lip.evaluation.results import LackingError
from wav2lip.evaluation.scorer import Scoring
from wav2lip.evaluation.systems import GENERATED, SILENCE
from wav2lip.faces.crops import Crop
from wav2lip.types import Pcm

PARTS = {GENERATED: "right", SILENCE: "muted"}  # system -> its sound in the probe


class LeakValues:
    """Runs the leak probe.

    Args:
        generator: renders each face for the sounds that it was not rendered for before.
        judge: scores sync.
        scoring: how distances become scores.
        seconds: length of the probe.
        read_pcm: reads a sound as (N,) at 16 kHz.
    """

    def __init__(
        self,
        generator: VideoGenerator,
        judge: LoadedJudge,
        scoring: Scoring,
        seconds: float,
        read_pcm: Callable[[Path], Pcm],
    ) -> None:
        self._generator, self._judge, self._seconds = generator, judge, seconds
        self._windows, self._padding = scoring.of(judge)
        self._read_pcm = read_pcm

    def __call__(
        self,
        pair: Pair,
        others: Iterable[Pair],
        sound: Path,
        source: Pcm | None,
        crops: dict[int, Crop],
        made: Mapping[str, ProbeFrames],
    ) -> dict[str, float]:
        """Run the probe on a pair.

        Args:
            pair: its face is rendered.
            others: pairs whose sound may be the other one; the first that differs is.
            sound: of the pair.
            source: (N,) the sound of the face's own video; None for a still.
            crops: of the face, by frame number at 25 fps.
            made: frames of videos that were made anyway, by the name of their sound.

        Returns:
            The fields of `LeakProbe`.

        Raises:
            LackingError: there is no other sound.
            InputError: too few frames with a face.
        """
        right = self._read_pcm(sound)
        sounds = ProbeAudio(right, self._other_audio(others, right, source), source)
        found = probe_leak(
            self._generator,
            pair.face,
            sounds,
            crops,
            self._judge,
            self._seconds,
            self._windows,
            self._padding,
            made,
        )
        return found._asdict()

    def collector(self, sound: Path, crops: Mapping[int, Crop] | None) -> ProbeFrames:
        """Return what takes the probe's frames from a video that was made anyway.

        Args:
            sound: of the pair.
            crops: of the real face, by frame number at 25 fps; None: those of the video.
        """
        samples = len(self._read_pcm(sound))
        if crops is not None:
            return ProbeFrames(self._judge, probe_run(crops, self._seconds, samples))
        return ProbeFrames(self._judge, limit=probe_frames(self._seconds, samples))

    def _other_audio(self, others: Iterable[Pair], *known: Pcm | None) -> Pcm:
        """Return the sound of the first pair that differs from all known sounds; unreadable ones are skipped."""
        for other in others:
            try:
                pcm = self._read_pcm(other.audio)
            except FAILURES:
                continue  # listed at its own turn
            if not any(is_same_audio(pcm, sound) for sound in known if sound is not None):
                return pcm
        raise LackingError("the leak probe requires a second pair with a different sound")
