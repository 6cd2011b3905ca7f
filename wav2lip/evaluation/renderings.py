"""The videos that a generator makes of the clips of an evaluation; each is made once."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from wav2lip.evaluation.leak import VideoGenerator
from wav2lip.evaluation.pairs import Pair
from wav2lip.evaluation.protocols import Protocol, draw_sounds, write_cross_list
from wav2lip.evaluation.results import GENERATED
from wav2lip.evaluation.segments import frames_at_25
from wav2lip.media.image_writer import write_image
from wav2lip.media.pcm import temporary_wav
from wav2lip.types import Pcm
from wav2lip.utils.outputs import check_outputs

FOLDER = "videos"


class Renderings:
    """Makes the videos of all protocols.

    Args:
        generator: renders them.
        protocols: what is made of each clip.
        pairs: all clips.
        folder: the videos are written to its subfolder `videos`.
        read_pcm: reads a sound as (N,) at 16 kHz.
        seed: draws the sounds of the protocols `cross` and `still_cross`.

    Raises:
        InputError: a video would replace an input, or no sounds can be exchanged.
    """

    def __init__(
        self,
        generator: VideoGenerator,
        protocols: Sequence[Protocol],
        pairs: Sequence[Pair],
        folder: Path,
        read_pcm: Callable[[Path], Pcm],
        seed: int = 0,
    ) -> None:
        self._generator, self._folder, self._read_pcm = generator, folder / FOLDER, read_pcm
        self._made: dict[tuple[Path, Path | None, bool], Path] = {}
        self.sounds: dict[str, Pair] = {}  # of another clip, by the name of the clip that gets it
        files = [("input", path) for p in pairs for path in (p.face, p.audio, p.real)]
        videos = [self.video_of(pair, protocol) for pair in pairs for protocol in protocols]
        check_outputs([("output folder", video) for video in videos], files)
        if any(protocol.sound == "other" for protocol in protocols):
            self.sounds = draw_sounds(pairs, seed)
            write_cross_list(pairs, self.sounds, folder)

    def video_of(self, pair: Pair, protocol: Protocol) -> Path:
        """Return where the video of a clip is written."""
        folder = self._folder
        if protocol.system != GENERATED:
            folder = folder / protocol.system.replace(",", "").replace(" ", "_")
        return folder / f"{pair.name}.mp4"

    def sound_of(self, pair: Pair, protocol: Protocol) -> Path | None:
        """Return the sound that the generator gets; None: silence."""
        if protocol.sound == "silence":
            return None
        other = self.sounds[pair.name].audio if protocol.sound == "other" else pair.audio
        return pair.face if protocol.sound == "own" else other

    def __call__(self, pair: Pair, protocol: Protocol) -> Path:
        """Make the video of a clip, unless the same one was made before, and return where it is.

        Raises:
            InputError: a file cannot be read or written, or shows no face.
        """
        sound = self.sound_of(pair, protocol)
        key = (pair.face, sound, protocol.first_frame)
        if key not in self._made:
            video = self.video_of(pair, protocol)
            face = self._first_frame(pair, video) if protocol.first_frame else pair.face
            if sound is None:
                with temporary_wav(np.zeros_like(self._read_pcm(pair.audio))) as silence:
                    self._generator(face, silence, video)
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
