"""Tune the generator to one person in minutes, and tell whether it is worth it.

wav2lip personalize me.mp4 --output me.safetensors --report me.html
wav2lip infer --checkpoint me.safetensors --face me.mp4 --audio speech.wav
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

from wav2lip.checkpoints.bundled import DEFAULT
from wav2lip.cli.exit import exit_on_input_error
from wav2lip.cli.parser import OneLineParser, file_name
from wav2lip.errors import InputError
from wav2lip.utils.files import check_writable, write_atomically
from wav2lip.utils.outputs import check_outputs
from wav2lip.utils.signals import ending_at_once
from wav2lip.utils.values import Number, Whole, check

KEEP_THE_DEFAULT = (
    3  # exit code: nothing is better, so there is no output that a next command could use
)
SUFFIX = ".safetensors"
MAX_MINUTES = 24 * 60
MAX_SEED = 2**32 - 1


def build_parser() -> OneLineParser:
    """Build the parser of `wav2lip personalize`. It raises InputError."""
    parser = OneLineParser(
        prog="wav2lip personalize",
        description="Tune a generator to one person, from a minute of video with sound. A fifth of the video is held "
        "out: the result is written only if it is better there.",
    )
    parser.add_argument(
        "videos",
        metavar="VIDEO",
        type=file_name,
        nargs="+",
        help="a video of the person speaking, alone, facing the camera",
    )
    parser.add_argument(
        "--output",
        metavar="FILE",
        type=file_name,
        required=True,
        help="the checkpoint to write (.safetensors)",
    )
    parser.add_argument(
        "--checkpoint",
        default=DEFAULT,
        metavar="FILE",
        help="generator to start from, one that moves a mesh (default: the bundled one)",
    )
    parser.add_argument(
        "--report", metavar="FILE", type=file_name, help="HTML page of the verdict (default: none)"
    )
    parser.add_argument(
        "--minutes",
        type=float,
        default=5.0,
        metavar="N",
        help="time for everything; the inside of the mouth is tuned for what is left after reading (default: 5)",
    )
    parser.add_argument(
        "--seed", type=int, default=0, metavar="N", help="seed of the samples (default: 0)"
    )
    parser.add_argument(
        "--overwrite", action="store_true", help="replace an output and a report that exist"
    )
    return parser


def _check(args: argparse.Namespace) -> None:
    """Check files and settings before anything heavy is imported."""
    check("--minutes", args.minutes, Number(0, MAX_MINUTES, above=True))
    check("--seed", args.seed, Whole(0, MAX_SEED))
    for video in args.videos:
        if not video.is_file():
            raise InputError(f"{video}: no such file; give a video of one person")
    if len({video.resolve() for video in args.videos}) < len(args.videos):
        raise InputError(f"{args.videos[0]}: a video is given twice; give each once")
    if args.output.suffix != SUFFIX:
        raise InputError(f"{args.output}: the name must end with {SUFFIX}")
    source = Path(args.checkpoint)
    if source.suffix and not source.exists():
        raise InputError(f"{source}: no such checkpoint file")
    outputs = [("output", args.output), ("report", args.report)]
    inputs = [("video", video) for video in args.videos]
    check_outputs(outputs, [*inputs, ("checkpoint", source if source.exists() else None)])
    for _, path in outputs:
        if path is None:
            continue
        if path.exists() and not args.overwrite:
            raise InputError(f"{path}: exists; choose another name or add --overwrite")
        check_writable(path)


@exit_on_input_error
def main() -> int:
    """Parse, check, tune, print the verdict, and write the generator if it is better."""
    began = time.monotonic()
    args = build_parser().parse(sys.argv[1:])
    _check(args)
    with ending_at_once():
        import cv2
        import torch

        from wav2lip.personalization import film_material, load_start, personalize, write_personal
        from wav2lip.utils.progress import ProgressBar
        from wav2lip.utils.stdout import say
    cv2.setNumThreads(1)
    torch.manual_seed(args.seed)
    start = load_start(args.checkpoint)
    with tempfile.TemporaryDirectory(prefix="wav2lip-") as folder, ProgressBar() as bar:
        material = film_material(args.videos, Path(folder), bar)
        bar("tuning", 0, 0)
        personal = personalize(start, material, args.minutes, args.seed, began)
    verdict = personal.verdict
    say(verdict.text())
    if args.report is not None:
        write_atomically(args.report, verdict.html().encode())
    if not verdict.go:
        return KEEP_THE_DEFAULT
    write_personal(args.output, personal, start.config)
    say(f"{args.output}: use it as --checkpoint")
    return 0
