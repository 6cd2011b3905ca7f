"""The video that a run writes."""

from wav2lip.inference.frames import output_rate
from wav2lip.inference.report import Report
from wav2lip.inference.settings import Settings
from wav2lip.media.video import VideoInfo, VideoWriter
from wav2lip.types import PathLike
from wav2lip.utils.platform import cpu_count

CORES_PER_ENCODER_THREAD = 4  # the generator needs the others


def open_writer(
    report: Report, source: VideoInfo, audio: PathLike, settings: Settings
) -> VideoWriter:
    """Return the writer of a run's output.

    Args:
        report: its output, and the size of the output.
        source: gives the frame rate, the colours and the shape of pixels.
        audio: its sound.
        settings: codec and quality.
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
    )
