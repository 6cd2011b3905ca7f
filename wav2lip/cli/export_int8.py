"""`--precision int8` of `wav2lip export`: quantize, then compare the sync of whole videos."""

import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from wav2lip.checkpoints.exported import ExportedNetwork, read_exported
from wav2lip.checkpoints.load import LoadedNetwork
from wav2lip.errors import InputError
from wav2lip.evaluation.judge import load_judge
from wav2lip.evaluation.sync_report import check_sync
from wav2lip.faces.detectors import build_detector
from wav2lip.inference.calibration import quantize_network
from wav2lip.inference.lip_syncer import LipSyncer
from wav2lip.inference.settings import Settings
from wav2lip.utils.files import write_atomically
from wav2lip.utils.stdout import say

MAX_LOSS = 0.01  # of LSE-C, in the units of the judge


def _confidence(network: ExportedNetwork, videos: Sequence[Path]) -> float:
    """Render videos with their own sound; return the mean LSE-C."""
    judge, detector = load_judge(), build_detector()
    syncer = LipSyncer(network, "cpu", Settings())
    scores = []
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "out.mp4"
        for video in videos:
            syncer(video, video, output)
            scores.append(check_sync(output, judge, detector).lse_c)
    return float(np.mean(scores))


def export_int8(loaded: LoadedNetwork, videos: Sequence[Path], output: Path) -> None:
    """Write a generator in int8, if it passes: at least 40 dB to float32, and LSE-C at most 0.01 lower.

    Args:
        loaded: the generator.
        videos: of talking faces with sound.
        output: file to write.

    Raises:
        InputError: it does not pass; the message has the figures.
    """
    content, exact, _ = quantize_network(loaded, videos, say)
    quantized = read_exported(content, output, loaded.sha256)
    before, after = (_confidence(network, videos) for network in (exact, quantized))
    say(f"LSE-C by bundled:judge: float32 {before:.3f}, int8 {after:.3f}")
    if before - after > MAX_LOSS:
        raise InputError(
            f"{loaded.path}: int8 is refused, since LSE-C falls from {before:.3f} to {after:.3f}, "
            f"by more than {MAX_LOSS:g}"
        )
    write_atomically(output, content)
