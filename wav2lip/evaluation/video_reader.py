"""Decode one video once and keep what all scores need: embeddings, face crops, remarks."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from wav2lip.evaluation.face_crops import CropCollector, FaceRun, FrameSink
from wav2lip.evaluation.judge import LoadedJudge
from wav2lip.evaluation.scorer import EmbeddedSegment, embed_all
from wav2lip.evaluation.segments import Segmenter, remarks
from wav2lip.faces.crops import Crop
from wav2lip.faces.detectors import Detector
from wav2lip.faces.landmark_tracking import Mesh
from wav2lip.metrics.lse import Windows
from wav2lip.types import Pcm


@dataclass(frozen=True)
class EmbeddedClip:
    """One clip of a video, embedded by the judge.

    Attributes:
        name: of the clip in the results.
        parts: its segments.
        remarks: what a reader of its scores should know.
    """

    name: str
    parts: list[EmbeddedSegment]
    remarks: list[str]


@dataclass(frozen=True)
class VideoData:
    """What one pass over a video collected.

    Attributes:
        clips: at least one.
        pcm: (N,) at 16 kHz, the sound that the video was judged with.
        run: face crops of the longest run of frames, for the metrics of the mouth.
        crops: of the first clip's face, by frame number at 25 fps.
    """

    clips: list[EmbeddedClip]
    pcm: Pcm
    run: FaceRun
    crops: dict[int, Crop]


class VideoReader:
    """Reads videos for one judge.

    Memory grows with the longest segment of a face: the judge's view of each frame (7 kB for a 48 px expert, 150 kB
    for SyncNet v2) until the segment is embedded, and one 96 px crop per frame.

    Args:
        judge: embeds the windows.
        segmenter: how a video becomes clips.
        windows: see `wav2lip.metrics.lse.window_count`.
        mesh: fits the face mesh in every crop; None: no metrics on the mesh.
    """

    def __init__(
        self,
        judge: LoadedJudge,
        segmenter: Segmenter,
        windows: Windows,
        mesh: Mesh | None = None,
    ) -> None:
        self.judge, self.segmenter, self.windows, self.mesh = judge, segmenter, windows, mesh

    def __call__(
        self,
        name: str,
        path: Path,
        pcm: Pcm,
        detector: Detector,
        crops: dict[int, Crop] | None = None,
        sound_damage: Sequence[str] = (),
        probe: FrameSink | None = None,
    ) -> VideoData:
        """Read a video.

        Args:
            name: of its clips; a segmenter adds a suffix.
            path: the video.
            pcm: (N,) at 16 kHz, the sound to judge it with.
            detector: finds the faces.
            crops: where to cut the faces, by frame number; None: where they are found.
            sound_damage: remarks on the sound.
            probe: receives every frame.

        Raises:
            InputError: no face, too short to judge, or unreadable.
        """
        collector = CropCollector(crops, self.mesh, probe)
        about = [*remarks(path, pcm), *sound_damage]
        clips: list[EmbeddedClip] = []
        damage: list[str] = []
        for suffix, segments in self.segmenter(path, pcm, detector, self.judge, collector, damage):
            parts, short = embed_all(segments, self.judge.judge, self.windows)
            clips.append(EmbeddedClip(name + suffix, parts, about + short))
        for clip in clips:  # known when the last frame has been read
            clip.remarks.extend(damage)
        return VideoData(clips, pcm, collector.run, collector.crops)
