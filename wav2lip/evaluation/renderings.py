"""The videos that a generator makes of the clips of an evaluation; each is made once."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from wav2lip.errors import InputError
from wav2lip.evaluation.leak import VideoGenerator
from wav2lip.evaluation.pairs import Pair
from wav2lip.evaluation.protocols import Protocol
from wav2lip.evaluation.segments import frames_at_25
from wav2lip.evaluation.systems import GENERATED
from wav2lip.media.image_writer import write_image
from wav2lip.media.pcm import temporary_wav
from wav2lip.types import Pcm
from wav2lip.utils.outputs import check_outputs

FOLDER = "videos"


def video_of(folder: Path, pair: Pair, protocol: Protocol) -> Path:
    """Return where the video of a clip is written below the output folder."""
    videos = folder / FOLDER
    if protocol.system != GENERATED:
        videos = videos / protocol.system.replace(",", "").replace(" ", "_")
    return videos / f"{pair.name}.mp4"


def check_videos(pairs: Sequence[Pair], protocols: Sequence[Protocol], folder: Path) -> None:
    """Check that no generated video replaces a file of any pair.

    Raises:
        InputError: one would.
    """
    files = [("input", path) for p in pairs for path in (p.face, p.audio, p.real)]
    videos = [video_of(folder, pair, protocol) for pair in pairs for protocol in protocols]
    check_outputs([("output folder", video) for video in videos], files)


class Renderings:
    """Makes the videos of all protocols.

    Args:
        generator: renders them.
        folder: the videos are written to its subfolder `videos`.
        read_pcm: reads a sound as (N,) at 16 kHz.
    """

    def __init__(
        self, generator: VideoGenerator, folder: Path, read_pcm: Callable[[Path], Pcm]
    ) -> None:
        self._generator, self._folder, self._read_pcm = generator, folder, read_pcm
        self._made: dict[tuple[Path, Path | None, Path | None, bool], Path] = {}

    def sound_of(self, pair: Pair, protocol: Protocol, exchanged: Path | None) -> Path | None:
        """Return the sound that the generator gets, where `exchanged` is another clip's; None: silence.

        Raises:
            InputError: another clip's sound is required, and there is none.
        """
        if protocol.sound == "other" and exchanged is None:
            raise InputError(f"{pair.name}: no other clip has a sound for it; give more clips")
        return {
            "silence": None, "other": exchanged, "own": pair.face, "listed": pair.audio,
        }[protocol.sound]  # fmt: skip

    def __call__(self, pair: Pair, protocol: Protocol, exchanged: Path | None = None) -> Path:
        """Make the video of a clip, unless the same one was made before, and return where it is.

        Raises:
            InputError: a file cannot be read or written, or shows no face.
        """
        sound = self.sound_of(pair, protocol, exchanged)
        # A silence is as long as the sound in whose place it stands.
        key = (pair.face, sound, pair.audio if sound is None else None, protocol.first_frame)
        if key not in self._made:
            video = video_of(self._folder, pair, protocol)
            face = self._first_frame(pair, video) if protocol.first_frame else pair.face
            if sound is None:
                with temporary_wav(np.zeros_like(self._read_pcm(pair.audio))) as silence:
                    self._generator(face, silence, video, warn_voiceless=False)
            else:
                self._generator(face, sound, video)
            self._made[key] = video
        return self._made[key]

    def _first_frame(self, pair: Pair, video: Path) -> Path:
        """Write the first frame of a face beside its video."""
        image = next(iter(frames_at_25(pair.face))).image
        path = video.with_suffix(".png")
        path.parent.mkdir(parents=True, exist_ok=True)
        write_image(path, image)
        return path
