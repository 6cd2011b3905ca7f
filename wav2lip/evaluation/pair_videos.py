"""The videos of one pair: the real one, and those that are judged. Each is made once and decoded once."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from wav2lip.errors import InputError
from wav2lip.evaluation.clip_rows import skip
from wav2lip.evaluation.face_crops import longest_run
from wav2lip.evaluation.failures import FAILURES
from wav2lip.evaluation.leak import ProbeFrames
from wav2lip.evaluation.leak_values import PARTS, LeakValues
from wav2lip.evaluation.pairs import Pair
from wav2lip.evaluation.protocols import Protocol
from wav2lip.evaluation.renderings import Renderings
from wav2lip.evaluation.results import LackingError, PairScores
from wav2lip.evaluation.sound_reader import SoundReader
from wav2lip.evaluation.systems import GENERATED, REAL, VIDEO
from wav2lip.evaluation.video_reader import VideoData, VideoReader
from wav2lip.faces.cache import CachedDetector
from wav2lip.faces.crops import Crop
from wav2lip.faces.detectors import Detector
from wav2lip.media.video import probe


@dataclass
class PairVideos:
    """What was read of a pair.

    Attributes:
        sound: that the videos of the row `generated` were made for, or that the given video is judged with.
        real: the real video, if it is known.
        judged: the other videos.
        probed: frames that the leak probe needs, by the name of their sound in the probe.
    """

    sound: Path
    real: VideoData | None = None
    judged: dict[Protocol, VideoData] = field(default_factory=dict)
    probed: dict[str, ProbeFrames] = field(default_factory=dict)

    @property
    def reference(self) -> VideoData:
        """The real video, or the first one that is judged."""
        return self.real or next(iter(self.judged.values()))


class PairVideosReader:
    """Makes and reads the videos of pairs.

    Args:
        read_video: reads one.
        read_pcm: reads a sound.
        detector: finds the faces.
        renderings: makes the videos; None: they are judged as they are.
        protocols: what is made.
        leak: the leak probe, if there is one.
    """

    def __init__(
        self,
        read_video: VideoReader,
        read_pcm: SoundReader,
        detector: Detector,
        renderings: Renderings | None,
        protocols: Sequence[Protocol],
        leak: LeakValues | None,
    ) -> None:
        self._read_video, self._read_pcm, self._detector = read_video, read_pcm, detector
        self._renderings, self._protocols, self._leak = renderings, tuple(protocols), leak

    def __call__(self, pair: Pair, exchanged: Path | None, results: PairScores) -> PairVideos:
        """Make and read the videos of a pair.

        Args:
            pair: the pair.
            exchanged: another clip's sound for it.
            results: those that cannot be made or read are listed there.

        Raises:
            InputError: none could be made, or none could be read.
        """
        files = self._make(pair, exchanged, results)
        found = PairVideos(self._main_sound(pair))
        source = pair.real if self._renderings is None else pair.face
        source_error: BaseException | None = None
        if source is not None:
            try:
                found.real = self._read_real(pair, source)
            except FAILURES as error:
                source_error = error
        failed: dict[Protocol, BaseException] = {}
        for protocol, video in files.items():
            try:
                found.judged[protocol] = self._judge(pair, protocol, video, exchanged, found)
            except FAILURES as error:
                failed[protocol] = error
        if found.real is None and not found.judged:
            raise next(iter(failed.values()))
        for protocol, reason in failed.items():
            skip(results, pair.name, protocol.system, reason)
        if source_error is not None:
            skip(results, pair.name, REAL, source_error)
        return found

    def _make(
        self, pair: Pair, exchanged: Path | None, results: PairScores
    ) -> dict[Protocol, Path]:
        """Make the videos of a pair; without a generator: the pair's own."""
        if self._renderings is None:
            return {Protocol(VIDEO, "listed"): pair.face}
        made: dict[Protocol, Path] = {}
        failed: dict[Protocol, BaseException] = {}
        for protocol in self._protocols:
            try:
                if protocol.sound in ("own", "silence") and probe(pair.face).is_still:
                    raise LackingError(f"{pair.face}: a photo, which has no sound to judge with")
                made[protocol] = self._renderings(pair, protocol, exchanged)
            except FAILURES as error:
                failed[protocol] = error
        if not made:
            raise next(iter(failed.values()))
        for protocol, reason in failed.items():
            skip(results, pair.name, protocol.system, reason)
        return made

    def _main_sound(self, pair: Pair) -> Path:
        own = any(p.system == GENERATED and p.sound == "own" for p in self._protocols)
        return pair.face if own and self._renderings is not None else pair.audio

    def _read_real(self, pair: Pair, source: Path) -> VideoData:
        if probe(source).is_still:
            raise LackingError(f"{source}: a photo, so there is no real video to compare with")
        with CachedDetector(self._detector, source) as detector:
            pcm = self._read_pcm(source)
            damage = self._read_pcm.damage(source)
            return self._read_video(pair.name, source, pcm, detector, None, damage)

    def _judge(
        self, pair: Pair, protocol: Protocol, video: Path, exchanged: Path | None, found: PairVideos
    ) -> VideoData:
        """Read a video with its sound; one that was generated for silence with the face's own."""
        sound, real = pair.audio, found.real
        if self._renderings is not None:
            sound = self._renderings.sound_of(pair, protocol, exchanged) or pair.face
        pcm = self._read_pcm(sound)
        # Cut at the source's crops, the two videos are comparable pixel by pixel.
        crops = longest_run(real.crops) if real else None
        if real and crops and protocol.first_frame:
            crops = dict.fromkeys(crops, _first_crop(pair, real.crops))
        frames = self._probe_frames(protocol.system, found)
        damage = self._read_pcm.damage(sound)
        data = self._read_video(pair.name, video, pcm, self._detector, crops, damage, frames)
        if frames is not None:
            found.probed[PARTS[protocol.system]] = frames
        return data

    def _probe_frames(self, system: str, found: PairVideos) -> ProbeFrames | None:
        """What takes the probe's frames from a video, cut where the face is in the reference."""
        if self._leak is None or system not in PARTS:
            return None
        known = found.real or next(iter(found.judged.values()), None)
        return self._leak.collector(found.sound, None if known is None else known.crops)


def _first_crop(pair: Pair, crops: dict[int, Crop]) -> Crop:
    if 0 not in crops:
        raise InputError(f"{pair.face}: no face in its first frame; cut its start off")
    return crops[0]
