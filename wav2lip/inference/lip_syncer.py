"""Animate a face with audio: the public class `LipSyncer`."""

import time
from collections.abc import Generator
from contextlib import ExitStack, closing
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from wav2lip.checkpoints.exported import ExportedNetwork
from wav2lip.checkpoints.open import open_checkpoint
from wav2lip.engines.choose import prefers_torch
from wav2lip.engines.engine import MeshEngine
from wav2lip.engines.graph import Runtime
from wav2lip.errors import InputError
from wav2lip.faces.cache import CachedDetector
from wav2lip.faces.detectors import Detector, build_detector
from wav2lip.inference.audio_input import Audio, audio_file, check_audio, read_mel
from wav2lip.inference.build import build_renderer
from wav2lip.inference.known_source import KnownSource
from wav2lip.inference.mesh_renderer import MeshRenderer
from wav2lip.inference.output_frame import OutputFrame
from wav2lip.inference.output_video import Progress, open_writer, signing, write_frames
from wav2lip.inference.report import Report
from wav2lip.inference.settings import Settings
from wav2lip.inference.sources import Face, FrameSource, open_face
from wav2lip.inference.stages import run_stages
from wav2lip.inference.strip import Strip
from wav2lip.media.denoise import rnnoise
from wav2lip.provenance import VideoSigner
from wav2lip.types import PathLike
from wav2lip.utils.outputs import check_outputs
from wav2lip.utils.platform import has_nvidia_driver, peak_memory

if TYPE_CHECKING:
    from wav2lip.checkpoints.load import LoadedNetwork


class LipSyncer:
    """Animate a face so that it speaks given audio.

    One object serves many pairs, one after the other. Two objects may run at the same time.

    Args:
        loaded: a generator, as `wav2lip.load_network` returns it, or an exported one.
        device: where the generator runs, for example "cpu" or "cuda"; "auto": the GPU if there is one.
        settings: how frames are read, faces rendered and the video written.
        runtime: runs an exported generator, in place of the engine of the settings.

    Examples:
        Files in, a file out:

        >>> syncer = LipSyncer.from_checkpoint("default")  # doctest: +SKIP
        >>> report = syncer("face.jpg", "speech.wav", "talking.mp4")  # doctest: +SKIP

        Arrays in, arrays out:

        >>> import numpy as np
        >>> from skimage import data
        >>> from wav2lip import LipSyncer
        >>> face = data.astronaut()[:200, 130:370]
        >>> audio = np.zeros(1600, np.float32)  # 0.1 s
        >>> syncer = LipSyncer.from_checkpoint("default", "cpu")
        >>> frames = [f.rgb for f in syncer.frames(face, audio, color="rgb", sample_rate=16000)]
        >>> len(frames), frames[0].shape, frames[0].dtype
        (3, (200, 240, 3), dtype('uint8'))
    """

    def __init__(
        self,
        loaded: "LoadedNetwork | ExportedNetwork",
        device: str = "cpu",
        settings: Settings | None = None,
        runtime: Runtime | None = None,
    ) -> None:
        self.settings = settings or Settings()
        if self.settings.denoise:
            rnnoise()  # before anything is read
        # The network itself is not kept: the engine has its own copy with fused batch norms.
        self.checkpoint: dict[str, Any] = {
            "path": str(loaded.path),
            "sha256": loaded.sha256,
            "config": loaded.config,
            "metadata": loaded.metadata,
        }
        self._crop_kind = self.settings.crop_kind(loaded.metadata["face_crop"])
        self._renderer, self._warnings = build_renderer(loaded, str(device), self.settings, runtime)
        engine = self._renderer.engine
        self.engine = engine.description
        chosen = (
            "cuda" if has_nvidia_driver() else "cpu"
        )  # of the detector, beside a GPU of another make
        self.device = "cpu" if engine.on_cpu else chosen if device == "auto" else str(device)
        self._detector: Detector | None = None
        self._known = KnownSource()

    @classmethod
    def from_checkpoint(
        cls,
        checkpoint: PathLike = "default",
        device: str = "auto",
        settings: Settings | None = None,
    ) -> Self:
        """Load a generator.

        Args:
            checkpoint: a file or a name that `wav2lip.load_network` takes, or an exported generator (.onnx).
            device: "auto": the GPU if there is one, else the CPU.
            settings: see `Settings`.

        Raises:
            InputError: the file is not a generator.
        """
        name = checkpoint if isinstance(checkpoint, str) else Path(checkpoint)
        how = settings or Settings()
        for_torch = prefers_torch(how.engine, str(device), how.provider)
        loaded = open_checkpoint(name, "generator", exported_first=not for_torch)
        return cls(loaded, device, settings)

    @property
    def mesh_engine(self) -> MeshEngine:
        """The generator, ready to run, for `wav2lip.live`.

        Raises:
            InputError: it does not move a mesh.
        """
        if not isinstance(self._renderer, MeshRenderer):
            raise InputError(
                f"{self.checkpoint['path']}: renders faces from audio directly; take a generator that moves a mesh"
            )
        return self._renderer.engine

    def __call__(
        self,
        face: Face,
        audio: Audio,
        output: PathLike,
        *,
        color: str | None = None,
        fps: float | None = None,
        sample_rate: int | None = None,
        progress: Progress | None = None,
        strip: Strip | None = None,
        signer: VideoSigner | None = None,
        warn_voiceless: bool = True,
    ) -> Report:
        """Write a video of `face` speaking `audio`, as long as the audio.

        Args:
            face: a photo or video file; a still (H, W, 3) uint8; or frames, a sequence or iterator
                of such arrays. A sequence that is shorter than the audio plays back and forth; an
                iterator must be long enough.
            audio: an audio or video file, or a float array (N,) of one channel in [-1, 1].
            output: the video to write. Nothing is left there if the call fails.
            color: channel order of the arrays, "rgb" or "bgr"; required for arrays.
            fps: frames per second of a sequence or iterator of frames; required for these.
            sample_rate: of the audio array in Hz; required for an array.
            progress: called often with the name of the stage, the seconds of video that are done
                and the seconds in total (0: not known yet).
            strip: receives every frame and is written at the end.
            signer: signs the output with Content Credentials; None: the output is not signed.
            warn_voiceless: whether audio without voice, which leaves the mouth still, is a warning.

        Raises:
            InputError: a file cannot be read or written, an array does not fit, no face is found in
                any frame, a setting does not fit the frames, or the output's format cannot be signed.
        """
        notify = progress or (lambda stage, done, total: None)
        start = time.perf_counter()
        notify("reading the audio", 0.0, 0.0)
        check_audio(audio, sample_rate)
        source = open_face(face, color, fps)
        check_outputs(
            [("output", output), ("strip", strip.path if strip else None)],
            [
                ("face", source.path),
                ("audio", None if isinstance(audio, np.ndarray) else audio),
                ("checkpoint", self.checkpoint["path"]),
                ("detector_weights", self.settings.detector_weights),
            ],
        )
        report = self._new_report(source, audio, output)
        named = None if isinstance(audio, np.ndarray) else Path(audio)
        rewrite = signing(signer, report, source.path, named)
        with (
            audio_file(audio, sample_rate) as audio_path,
            closing(self._run(source, audio_path, report, warn_voiceless)) as frames,
        ):
            open_output = partial(
                open_writer, report, source.info, audio_path, self.settings, rewrite
            )
            write_frames(frames, report, open_output, strip, notify)
        if strip is not None:
            strip.write()
        report.seconds = time.perf_counter() - start
        report.peak_memory_bytes = peak_memory()
        return report

    def frames(
        self,
        face: Face,
        audio: Audio,
        *,
        color: str | None = None,
        fps: float | None = None,
        sample_rate: int | None = None,
        warn_voiceless: bool = True,
    ) -> Generator[OutputFrame, None, None]:
        """Yield the frames that a call would write, as they are rendered.

        Args and errors are those of a call. `OutputFrame.rgb` and `OutputFrame.image` (BGR) are
        the frame as an array.
        """
        check_audio(audio, sample_rate)
        source = open_face(face, color, fps)
        report = self._new_report(source, audio, "")

        def run() -> Generator[OutputFrame, None, None]:
            with audio_file(audio, sample_rate) as audio_path:
                yield from self._run(source, audio_path, report, warn_voiceless)

        return run()

    def _new_report(self, source: FrameSource, audio: Audio, output: PathLike) -> Report:
        name = "array" if isinstance(audio, np.ndarray) else str(audio)
        face = str(source.path or "array")
        return Report(
            str(output),
            face,
            name,
            asdict(self.settings),
            self.checkpoint,
            self.device,
            self.engine,
            warnings=list(self._warnings),
        )

    def _run(
        self, source: FrameSource, audio: PathLike, report: Report, warn_voiceless: bool
    ) -> Generator[OutputFrame, None, None]:
        """Run all stages but encoding; the report is filled as frames are yielded."""
        settings, renderer = self.settings, self._renderer
        mute_pauses = settings.mute_pauses and renderer.mutes_pauses
        mel = read_mel(
            audio,
            report.audio,
            mute_pauses,
            report.warnings,
            denoise=settings.denoise,
            warn_voiceless=warn_voiceless,
            channels=renderer.channels,
        )
        with ExitStack() as stack:
            detector = self._open_detector(source, stack)
            yield from run_stages(
                source, mel, detector, renderer, settings, report, self._crop_kind, self._known
            )

    def _open_detector(self, source: FrameSource, stack: ExitStack) -> Detector | None:
        """Return the detector, with the stored detections of a file; None if `box` is set."""
        settings = self.settings
        if not settings.finds_faces:
            return None
        if self._detector is None:
            weights = settings.detector_weights
            self._detector = build_detector(settings.detector, weights, self.device)
        if not settings.cache or source.path is None:
            return self._detector
        return stack.enter_context(CachedDetector(self._detector, source.path))
