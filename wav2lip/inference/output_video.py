"""The video that a run writes."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeAlias

from wav2lip.inference.frames import output_rate
from wav2lip.inference.output_frame import OutputFrame
from wav2lip.inference.pipeline import StageTiming
from wav2lip.inference.report import Report
from wav2lip.inference.settings import Settings
from wav2lip.inference.strip import Strip
from wav2lip.media.video import VideoInfo, VideoWriter
from wav2lip.provenance import Ingredient, VideoSigner
from wav2lip.provenance.formats import check_signable
from wav2lip.types import PathLike
from wav2lip.utils.platform import cpu_count
from wav2lip.utils.rewritten_file import Rewrite

CORES_PER_ENCODER_THREAD = 4  # the generator needs the others

Progress: TypeAlias = Callable[[str, float, float], None]


def open_writer(
    report: Report,
    source: VideoInfo,
    audio: PathLike,
    settings: Settings,
    rewrite: Rewrite | None = None,
) -> VideoWriter:
    """Return the writer of a run's output.

    Args:
        report: its output, and the size of the output.
        source: gives the frame rate, the colours and the shape of pixels.
        audio: its sound.
        settings: codec and quality.
        rewrite: turns the finished file into the one that is kept.
    """
    return VideoWriter(
        report.output,
        report.width,
        report.height,
        output_rate(source, settings),
        codec=settings.codec,
        crf=settings.crf,
        preset=settings.preset,
        threads=max(1, cpu_count() // CORES_PER_ENCODER_THREAD),
        audio=audio,
        colours=source.colours,
        pixel_aspect=1 / source.pixel_aspect if settings.rotate else source.pixel_aspect,
        rewrite=rewrite,
    )


def write_frames(
    frames: Iterator[OutputFrame],
    report: Report,
    open_output: Callable[[], VideoWriter],
    strip: Strip | None,
    notify: Progress,
) -> None:
    """Write all frames of a run, and fill in what the report says of the output.

    Args:
        frames: at least one.
        report: of the run; complete when the frames are exhausted.
        open_output: called once the report has the size of the output.
        strip: receives every frame.
        notify: called with the stage, the seconds of video that are done, and those in total.
    """
    encoding = StageTiming()
    frame = next(frames)
    report.height, report.width = frame.picture.size
    with open_output() as writer:
        following: OutputFrame | None = frame
        while following is not None:
            frame = following
            with encoding:
                writer.write(frame.picture, frame.time)
            if strip is not None:
                strip.add(frame.picture, frame.time, report.audio_seconds)
            notify("rendering", frame.time, report.audio_seconds)
            following = next(frames, None)
        notify("finishing the file", report.audio_seconds, report.audio_seconds)
        report.audio_copied = writer.audio_copied
        with encoding:
            writer.close(report.audio_seconds)
    report.add_timing("encode", encoding)


def signing(
    signer: VideoSigner | None, report: Report, face: Path | None, audio: Path | None
) -> Rewrite | None:
    """Return what signs the output of a run; None without a signer.

    Args:
        signer: has the certificate.
        report: of the run; names the signer afterwards.
        face: file of the face; None for an array.
        audio: file of the audio; None for an array.

    Raises:
        InputError: the output's format cannot hold a signature.
    """
    if signer is None:
        return None
    check_signable(report.output)
    report.signer = signer.holder
    checkpoint = Path(report.checkpoint["path"])
    ingredients = [
        Ingredient.of("face", face),
        Ingredient.of("audio", audio),
        Ingredient("checkpoint", checkpoint.name, report.checkpoint["sha256"]),
    ]
    return lambda video, target: signer.sign(report.output, video, target, ingredients)
