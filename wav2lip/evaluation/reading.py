"""How a video becomes clips: one of its largest face, or one a face track."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from wav2lip.evaluation.judge import LoadedJudge
from wav2lip.evaluation.segments import FaceSegment, largest_face
from wav2lip.evaluation.tracks import find_tracks, track_segments
from wav2lip.faces.detectors import Detector

Pcm = NDArray[np.int16]


class Reading(Protocol):
    """A video and its sound -> (what to add to its name, the takes of one clip), clip by clip."""

    def __call__(
        self, path: Path, pcm: Pcm, detector: Detector, judge: LoadedJudge
    ) -> Iterator[tuple[str, Iterable[FaceSegment]]]:
        """Takes must be used up before the next clip is asked for. Raises InputError."""
        ...


class LargestFace:
    """One clip a video, in as many takes as the face is seen without a break."""

    def __call__(
        self, path: Path, pcm: Pcm, detector: Detector, judge: LoadedJudge
    ) -> Iterator[tuple[str, Iterable[FaceSegment]]]:
        """See `Reading`."""
        yield "", largest_face(path, pcm, detector, judge.clip_view)


class FaceTracks:
    """One clip a face track, as in the published evaluation: everybody, also side by side.

    least: frames; a track must be seen in more.
    """

    def __init__(self, least: int = 100) -> None:
        self.least = least

    def __call__(
        self, path: Path, pcm: Pcm, detector: Detector, judge: LoadedJudge
    ) -> Iterator[tuple[str, Iterable[FaceSegment]]]:
        """See `Reading`."""
        tracks = find_tracks(path, detector, self.least)
        for number, take in enumerate(track_segments(path, pcm, tracks, judge.track_view)):
            yield f"#{number}", [take]
