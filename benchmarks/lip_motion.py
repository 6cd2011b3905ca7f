"""Score a network of lip motion on validation clips: medians over speakers.

    python benchmarks/lip_motion.py lip_motion.safetensors data/clips

Opening, width and jaw are measured on the predicted shape (the speaker's neutral shape and the predicted deviation)
and on the mesh of each frame. For the last three values pauses are muted as at inference; people's mouths are seldom
closed in them, so that muting them lowers the correlation.

    correlation   with the true measure, over a clip
    range         standard deviation over the true one
    pause         standard deviation of the opening in pauses over that in speech
    closed        share of the frames with the smallest true opening (a tenth of those in speech) in which the
                  predicted opening is in its lowest quarter
    low MAR       10th percentile of the predicted mouth aspect ratio in speech
"""

import argparse
from pathlib import Path
from typing import Any

import numpy as np
import torch

from wav2lip.checkpoints import load_network
from wav2lip.clips import ClipFile, clip_audio
from wav2lip.data.datamodule import load_clips
from wav2lip.data.motion import MotionDataset
from wav2lip.faces.front_shapes import front_shapes, mouth_measures
from wav2lip.faces.neutral_shape import lip_gap, neutral_shape
from wav2lip.media.alignment import frame_count, frame_times, sample_motion
from wav2lip.media.pauses import mute_pauses, read_pauses
from wav2lip.media.pcm import from_pcm
from wav2lip.metrics.mouth_agreement import range_ratio, shape_correlation
from wav2lip.metrics.pause_motion import speech_and_pauses
from wav2lip.regions import INNER_CORNERS

RESAMPLES = 2000
MIN_PAUSE = 8  # frames
COLUMNS = ("opening", "width", "jaw", "range", "range width", "pause", "closed", "low MAR")


def score(file: ClipFile, network: Any) -> list[float]:
    """Return the values of `COLUMNS` for a clip; NaN where it has no pause."""
    vertices, basis = network.vertices.numpy(), network.basis.numpy()
    count = min(file.frames, frame_count(file.mel_columns, file.fps))
    shapes = front_shapes(file)[:count, vertices]
    seen = np.isfinite(shapes).all(axis=(1, 2))
    pauses, _ = read_pauses([from_pcm(file.pcm())])
    neutral = neutral_shape(shapes[seen], vertices, basis)

    def move(audio: Any) -> Any:
        with torch.inference_mode():
            motion = network(torch.from_numpy(audio)[None])[0].numpy()
        coefficients = sample_motion(motion, frame_times(count, file.fps))
        return neutral + np.tensordot(coefficients, basis, axes=1).astype(np.float32)

    audio = np.array(clip_audio(file, network.channels))
    moved, muted = move(audio), move(mute_pauses(audio, pauses))
    true = mouth_measures(shapes, vertices).astype(np.float64)
    predicted = mouth_measures(moved, vertices).astype(np.float64)
    values = [shape_correlation(predicted[:, k], true[:, k]) for k in range(3)]
    values += [range_ratio(predicted[:, k], true[:, k]) for k in range(2)]
    speech, silent = speech_and_pauses(file.pcm(), count)
    opening = lip_gap(muted, vertices)
    enough = silent.sum() >= MIN_PAUSE and speech.any()
    values.append(float(opening[silent].std() / opening[speech].std()) if enough else np.nan)
    spoken = speech & seen
    closed = spoken & (true[:, 0] <= np.percentile(true[spoken, 0], 10))
    values.append(float((opening[closed] <= np.percentile(opening[spoken], 25)).mean()))
    place = {int(vertex): i for i, vertex in enumerate(vertices)}
    inner = [muted[:, place[corner]] for corner in INNER_CORNERS]
    mar = lip_gap(muted, vertices) / np.linalg.norm(inner[0] - inner[1], axis=1)
    return [*values, float(np.percentile(mar[spoken], 10))]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("checkpoint")
    parser.add_argument("manifests", nargs="+", type=Path)
    parser.add_argument("--split", default="val")
    parser.add_argument("--min_frames", type=int, default=40)
    arguments = parser.parse_args()
    network = load_network(arguments.checkpoint, "lip_motion").network
    speakers: dict[str, list[list[float]]] = {}
    manifests = [str(path) for path in arguments.manifests]
    clips = MotionDataset(load_clips(manifests, arguments.split, arguments.min_frames)).clips
    for clip in clips:
        speakers.setdefault(clip.row.speaker, []).append(score(ClipFile(clip.path), network))
    table = np.array([np.nanmean(values, axis=0) for values in speakers.values()])
    print(f"{len(clips)} clips of {len(table)} speakers; look-ahead {network.lookahead_ms:g} ms")
    chosen = np.random.default_rng(0).integers(0, len(table), (RESAMPLES, len(table)))
    medians = np.nanmedian(table[chosen], axis=1)
    low, high = np.nanpercentile(medians, [2.5, 97.5], axis=0)
    for i, name in enumerate(COLUMNS):
        print(f"{name:12s} {np.nanmedian(table[:, i]):.3f} ({low[i]:.3f} to {high[i]:.3f})")


if __name__ == "__main__":
    main()
