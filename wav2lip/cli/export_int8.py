"""`--precision int8` of `wav2lip export`: quantize, then compare whole videos with those of float32."""

import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from wav2lip.checkpoints.exported import ExportedNetwork, read_exported
from wav2lip.checkpoints.load import LoadedNetwork
from wav2lip.errors import InputError
from wav2lip.evaluation.judge import load_judge
from wav2lip.evaluation.precision_gate import GateFigures, compare
from wav2lip.evaluation.segments import read_pcm
from wav2lip.faces.detectors import build_detector
from wav2lip.inference.calibration import quantize_network
from wav2lip.inference.lip_syncer import LipSyncer
from wav2lip.inference.settings import Settings
from wav2lip.media.pcm import from_pcm
from wav2lip.types import SAMPLE_RATE
from wav2lip.utils.files import write_atomically
from wav2lip.utils.stdout import say


def _measure(network: ExportedNetwork, videos: Sequence[Path]) -> GateFigures:
    """Render videos with their own sound and with silence, and measure them."""
    judge, detector = load_judge(), build_detector()
    syncer = LipSyncer(network, "cpu", Settings())
    figures = GateFigures()
    with tempfile.TemporaryDirectory() as folder:
        talking, silent = Path(folder) / "talking.mp4", Path(folder) / "silent.mp4"
        for video in videos:
            syncer(video, video, talking)
            silence = np.zeros_like(from_pcm(read_pcm(video)))
            syncer(video, silence, silent, sample_rate=SAMPLE_RATE, warn_voiceless=False)
            figures.add(talking, silent, judge, detector)
    return figures


def export_int8(loaded: LoadedNetwork, videos: Sequence[Path], output: Path) -> None:
    """Write a generator in int8, if its mouths are within 40 dB of float32 and it passes `compare`.

    Args:
        loaded: the generator.
        videos: of talking faces with sound.
        output: file to write.

    Raises:
        InputError: it does not pass; the message has the figures.
    """
    content, exact, _ = quantize_network(loaded, videos, say)
    quantized = read_exported(content, output, loaded.sha256)
    lines, failed = compare(_measure(exact, videos), _measure(quantized, videos), "int8")
    for line in lines:
        say(line)
    if failed:
        raise InputError(f"{loaded.path}: int8 is refused, since {'; '.join(failed)}")
    write_atomically(output, content)
