"""Give a face a voice: the public class."""

import os
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, closing
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, Self

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from wav2lip.checkpoints import LoadedNetwork, load_network
from wav2lip.errors import InputError
from wav2lip.faces.cache import CachedDetector
from wav2lip.faces.crops import blend
from wav2lip.faces.detectors import Detector, build_detector
from wav2lip.inference.face_locator import Locator
from wav2lip.inference.pipeline import StageTiming, ThreadedPipeline
from wav2lip.inference.playback import Playback
from wav2lip.inference.renderer import Drawn, FaceRenderer
from wav2lip.inference.report import Report, peak_memory, ranges
from wav2lip.inference.settings import Settings
from wav2lip.inference.strip import Strip
from wav2lip.media.audio import read_mono
from wav2lip.media.mel_reader import MelReader
from wav2lip.media.picture import Picture
from wav2lip.media.video import CodedFrame, VideoInfo, VideoWriter, probe

QUEUE = 2  # frames that wait between two stages
CORES_AN_ENCODER_THREAD = 4  # the generator needs the others

PathLike = str | os.PathLike[str]
Progress = Callable[[str, float, float], None]  # stage, seconds of video done, seconds in all


@dataclass(frozen=True)
class OutputFrame:
    """A frame of the output."""

    picture: Picture
    time: float  # seconds, of the output
    boxes: list[NDArray[np.float32]] = field(default_factory=list)  # faces drawn, (4,) px

    @property
    def image(self) -> NDArray[np.uint8]:
        """(H, W, 3) BGR, converted at every call."""
        return self.picture.bgr()


def _framed(settings: Settings, frames: Iterator[CodedFrame]) -> Iterator[CodedFrame]:
    """Frames resized, turned and cut; a picture that is shown again is not made again."""
    source, framed = None, None
    for frame in frames:
        if source is not frame.picture or framed is None:
            source, framed = frame.picture, settings.frame(frame.picture)
        yield replace(frame, picture=framed)


def _blended(mode: str, drawn: Iterator[Drawn]) -> Iterator[OutputFrame]:
    """Frames with the drawn mouths in them; others pass untouched."""
    for item in drawn:
        picture = item.located.frame.picture
        for face, box in zip(item.drawn, item.located.boxes, strict=True):
            picture = blend(picture, face, box, mode)
        yield OutputFrame(picture, item.located.frame.time, item.located.boxes)


class LipSyncer:
    """`LipSyncer.from_checkpoint("default")(face, audio, output)` writes a talking video.

    `frames(face, audio)` yields its frames instead. One object serves many pairs, one at a time.
    """

    def __init__(
        self,
        loaded: LoadedNetwork,
        device: str | torch.device = "cpu",
        settings: Settings | None = None,
    ) -> None:
        self.settings = settings or Settings()
        self.device = torch.device(device)
        # The network itself is not kept: the drawer has its own, folded copy.
        self.checkpoint: dict[str, Any] = {
            "path": str(loaded.path),
            "sha256": loaded.sha256,
            "config": loaded.config,
            "metadata": loaded.metadata,
        }
        size = int(loaded.metadata["image_size"])
        self._offset = loaded.metadata["mel_offset_frames"] / loaded.metadata["fps"]  # seconds
        self._drawer = FaceRenderer(
            loaded.network,
            size,
            self.device,
            self.settings.batch_size,
            self.settings.neutral_reference,
        )
        self._detector: Detector | None = None

    @classmethod
    def from_checkpoint(
        cls,
        checkpoint: PathLike = "default",
        device: str = "auto",
        settings: Settings | None = None,
    ) -> Self:
        """From a file or a name that `wav2lip.checkpoints.load_network` takes.

        device: "auto" is the GPU where there is one. Raises `InputError` for a file that is no
        generator.
        """
        if device == "auto":
            device = "cuda" if torch.cuda.is_available() else "cpu"
        name = checkpoint if isinstance(checkpoint, str) else Path(checkpoint)
        return cls(load_network(name, "generator"), device, settings)

    def __call__(
        self,
        face: PathLike,
        audio: PathLike,
        output: PathLike,
        *,
        progress: Progress | None = None,
        strip: Strip | None = None,
    ) -> Report:
        """Write `output`: `face` (a still or a video) says `audio`, for as long as that lasts.

        progress: called often with the stage, the seconds of video done, and those in all.
        strip: is shown every frame, and written at the end.
        Nothing is left at `output` if it fails. Raises `InputError`: a file that cannot be read or
        written, no face in the whole video, settings that do not fit the frame.
        """
        tell = progress or (lambda stage, done, total: None)
        start = time.perf_counter()
        tell("reading the sound", 0.0, 0.0)
        info = probe(face)
        if Path(output).exists() and Path(output).samefile(face):
            raise InputError(f"{output}: is the face itself; give the output another name")
        report = self._new_report(face, audio, output)
        encoding = StageTiming()
        with closing(self._run(info, audio, report)) as frames:
            shown = next(frames)
            report.height, report.width = shown.picture.size
            with self._writer(info, audio, report) as writer:
                following: OutputFrame | None = shown
                while following is not None:
                    shown = following
                    with encoding:
                        writer.write(shown.picture, shown.time)
                    if strip is not None:
                        strip.see(shown.picture, shown.time, report.audio_seconds)
                    tell("drawing", shown.time, report.audio_seconds)
                    following = next(frames, None)
                tell("finishing the file", report.audio_seconds, report.audio_seconds)
                report.audio_copied = writer.audio_copied
                with encoding:
                    writer.close(report.audio_seconds)
        report.note("encode", encoding)
        if strip is not None:
            strip.write()
        report.seconds = time.perf_counter() - start
        report.peak_memory_bytes = peak_memory()
        return report

    def _writer(self, info: VideoInfo, audio: PathLike, report: Report) -> VideoWriter:
        settings = self.settings
        return VideoWriter(
            report.output,
            report.width,
            report.height,
            settings.rate if info.is_still else info.fps,
            codec=settings.codec,
            crf=settings.crf,
            preset=settings.preset,
            threads=max(1, len(os.sched_getaffinity(0)) // CORES_AN_ENCODER_THREAD),
            audio=audio,
            colours=info.colours,
            pixel_aspect=1 / info.pixel_aspect if settings.rotate else info.pixel_aspect,
        )

    def frames(self, face: PathLike, audio: PathLike) -> Generator[OutputFrame, None, None]:
        """The frames that a call would write, as they are made. Raises as a call does."""
        return self._run(probe(face), audio, self._new_report(face, audio, ""))

    def _new_report(self, face: PathLike, audio: PathLike, output: PathLike) -> Report:
        names = (str(output), str(face), str(audio))
        return Report(*names, asdict(self.settings), self.checkpoint, str(self.device))

    def _run(
        self, info: VideoInfo, audio: PathLike, report: Report
    ) -> Generator[OutputFrame, None, None]:
        """All stages but encoding; fills the report as frames go by."""
        settings = self.settings
        mel = MelReader(partial(read_mono, audio), self._drawer.neutral_reference)
        report.audio_seconds = mel.seconds
        playback = Playback(
            info,
            report.audio_seconds,
            rate=settings.rate,
            static=settings.static,
            problems=report.warnings,
        )
        report.fps = float(playback.rate)
        faceless: list[int] = []
        with ExitStack() as held:
            # A stage is a thread; more inside OpenCV would only take cores from the generator.
            held.callback(cv2.setNumThreads, cv2.getNumThreads())
            cv2.setNumThreads(1)
            detector = self._find_detector(info, held)
            report.detector = detector.settings() if detector else {}
            stages = held.enter_context(ThreadedPipeline())
            shown = stages.start("decode", lambda _: _framed(settings, iter(playback)), (), QUEUE)
            located = stages.start("faces", Locator(detector, settings), shown, QUEUE)
            draw = partial(self._drawer, mel=mel, offset=self._offset)
            drawn = stages.start("generate", draw, located, QUEUE)
            for talking in stages.start("blend", partial(_blended, settings.blend), drawn, QUEUE):
                if not talking.boxes:
                    faceless.append(report.frames)
                report.frames += 1
                yield talking
        for name, work in stages.work.items():
            report.note(name, self._drawer.work if name == "generate" else work)
        report.video_seconds = report.audio_seconds
        report.frames_with_face = report.frames - len(faceless)
        report.without_face = ranges(faceless)
        if not report.frames_with_face:
            raise InputError(
                f"{info.path}: no face found in {report.frames} frames; give a picture with a "
                "frontal face, another --detector, or its place with --box"
            )

    def _find_detector(self, info: VideoInfo, held: ExitStack) -> Detector | None:
        """The detector, with its memory of this file; None where the settings name the place."""
        settings = self.settings
        if not settings.finds_faces:
            return None
        if self._detector is None:
            weights = settings.detector_weights
            self._detector = build_detector(settings.detector, weights, str(self.device))
        if not settings.cache:
            return self._detector
        return held.enter_context(CachedDetector(self._detector, info.path))
