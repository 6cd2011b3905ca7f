"""The stages of a run between its source and the encoder: decode, find faces, generate, blend."""

import logging
from collections.abc import Generator, Iterator
from functools import partial
from typing import Any, Protocol

from wav2lip.errors import InputError
from wav2lip.faces.cache import CachedDetector
from wav2lip.faces.detectors import Detector
from wav2lip.faces.face_mask import FaceMask
from wav2lip.faces.tracked_frame import TrackedFrame
from wav2lip.inference.face_locator import FaceLocator
from wav2lip.inference.face_problems import check_faces, no_face
from wav2lip.inference.frames import Playback, repeat_held
from wav2lip.inference.known_source import KnownSource
from wav2lip.inference.output_frame import OutputFrame
from wav2lip.inference.pipeline import QUEUE, StageTiming, ThreadedPipeline
from wav2lip.inference.report import Report, ranges
from wav2lip.inference.settings import Settings
from wav2lip.inference.sources import FrameSource
from wav2lip.media.alignment import MelSource
from wav2lip.media.frame import Frame
from wav2lip.media.mel_reader import MelReader
from wav2lip.media.picture import Picture
from wav2lip.types import CropKind

log = logging.getLogger(__name__)


class Renderer(Protocol):
    """Render located faces; see `FaceRenderer` and `MeshRenderer`.

    Attributes:
        needs_landmarks: whether it needs the landmarks of the faces.
        channels: that are read of a sound, see `wav2lip.media.audio_features`.
        mutes_pauses: whether muted pauses hold the mouth still.
        timing: of the last run.
    """

    needs_landmarks: bool
    mutes_pauses: bool
    channels: int
    timing: StageTiming

    def study(self, source: FrameSource, locate: FaceLocator, settings: Settings) -> float:
        """Learn what it needs of the people in a source, before the run.

        Returns:
            Seconds, the time of the first frame that it has not read; ∞ if it has read all.
        """
        ...

    def __call__(
        self, located: Iterator[TrackedFrame], mel: MelSource
    ) -> Iterator[tuple[TrackedFrame, Any]]:
        """Yield each frame with its rendered faces, in order."""
        ...

    def paste(self, located: TrackedFrame, faces: Any) -> Picture:
        """Paste the rendered faces of a frame into it."""
        ...


def _blend(
    renderer: Renderer, rendered: Iterator[tuple[TrackedFrame, Any]]
) -> Iterator[OutputFrame]:
    """Paste the rendered mouths back; frames without a face that can be rendered pass unchanged."""
    for located, faces in rendered:
        able = [f for f in located.faces if f.landmarks is not None or not renderer.needs_landmarks]
        masks = [face.mask or FaceMask() for face in able]
        pairs = zip(able, masks, strict=True)
        yield OutputFrame(
            renderer.paste(located, faces),
            located.frame.time,
            [face.crop.bounds for face, mask in pairs if mask.weight],
            found=bool(masks),
            turned=any(mask.turned for mask in masks),
            occluded=any(mask.occluded for mask in masks),
        )


def run_stages(
    source: FrameSource,
    mel: MelReader,
    detector: Detector | None,
    renderer: Renderer,
    settings: Settings,
    report: Report,
    kind: CropKind = "s3fd",
    known: KnownSource | None = None,
) -> Generator[OutputFrame, None, None]:
    """Run the stages, each in a thread of its own.

    Args:
        source: the frames.
        mel: the audio, which decides on the length of the output.
        detector: finds the faces; None if `settings.box` is set.
        renderer: renders them.
        settings: of the run.
        report: is filled while frames are yielded; whole when the last one has been.
        kind: where faces are cut out.
        known: what earlier runs with the same detector, renderer and settings have learned of their source.

    Yields:
        The frames of the output.

    Raises:
        InputError: no frame has a face that can be rendered.
    """
    report.audio_seconds = mel.seconds
    report.detector = detector.settings() if detector else {}
    report.face_crop = kind if detector else ""
    if kind == "aligned" and settings.pads != Settings.pads and not renderer.needs_landmarks:
        line = "pads have no effect on aligned crops; use face_crop s3fd for them"
        log.warning(line)
        report.warnings.append(line)
    playback = Playback(source, report.audio_seconds, settings, report.warnings)
    report.fps = float(playback.rate)
    mesh = detector.mesh if isinstance(detector, CachedDetector) else None
    new_locator = partial(
        FaceLocator,
        detector,
        settings,
        kind,
        mesh,
        landmarks=renderer.needs_landmarks,
        still=source.info.is_still or settings.static,
    )
    known = known or KnownSource()
    if not known.is_last(source.path):
        locate = new_locator()
        cut = renderer.study(source, locate, settings)
        known.start(source.path)
        known.keep(source.path, locate, cut)
    locate = known.locator(playback) or new_locator()

    def find(frames: Iterator[Frame]) -> Iterator[TrackedFrame]:
        return check_faces(locate(frames), source.info.path, settings, report.warnings, mesh)

    render = partial(renderer, mel=mel)
    faceless: list[int] = []
    turned: list[int] = []
    occluded: list[int] = []
    with ThreadedPipeline() as stages:
        decoded = stages.start("decode", lambda _: iter(playback), (), QUEUE)
        located = stages.start(
            "faces",
            lambda frames: repeat_held(find(frames), mel.seconds, settings, source.info),
            decoded,
            QUEUE,
        )
        rendered = stages.start("generate", render, located, QUEUE)
        for frame in stages.start("blend", partial(_blend, renderer), rendered, QUEUE):
            if not frame.found:
                faceless.append(report.frames)
            if frame.turned:
                turned.append(report.frames)
            if frame.occluded:
                occluded.append(report.frames)
            report.frames_with_face += bool(frame.boxes)
            report.frames += 1
            yield frame
    known.keep(source.path, locate, playback.cut)
    for name, timing in stages.timings.items():
        report.add_timing(name, renderer.timing if name == "generate" else timing)
    report.video_seconds = report.audio_seconds
    report.without_face, report.turned = ranges(faceless), ranges(turned)
    report.occluded = ranges(occluded)
    if turned and not report.frames_with_face:
        raise InputError(
            f"{source.info.path}: every face is turned by more than {settings.max_yaw:g} degrees; use "
            "a picture with a frontal face, or raise max_yaw",
            settings=("max_yaw",),
        )
    if not report.frames_with_face:
        used = 0.0 if settings.static else report.audio_seconds
        raise no_face(source, settings, detector, report.frames, used)
