"""Write a checkpoint for inference, as ONNX, or in the published layout.

wav2lip export runs/wav2lip/checkpoints/best.ckpt wav2lip.safetensors
wav2lip export wav2lip.safetensors wav2lip.pth
wav2lip export wav2lip.safetensors wav2lip.onnx
"""

import argparse
import sys
from pathlib import Path
from typing import get_args

from wav2lip.checkpoints.bundled import DEFAULT, bundled_names
from wav2lip.checkpoints.export_formats import ExportFormat, Precision, format_of, precision_of
from wav2lip.checkpoints.kinds import KINDS
from wav2lip.checkpoints.open import has_torch
from wav2lip.checkpoints.registry import CHECKPOINTS
from wav2lip.cli.exit import exit_on_input_error
from wav2lip.cli.parser import OneLineParser, file_name
from wav2lip.errors import InputError
from wav2lip.utils.extras import extra_message, require_extra
from wav2lip.utils.outputs import check_new_files
from wav2lip.utils.signals import ending_at_once
from wav2lip.utils.values import Number, check

MAX_GAIN = 100  # factor on the motion of a mouth


def build_parser() -> OneLineParser:
    """Build the parser of `wav2lip export`. It raises InputError."""
    parser = OneLineParser(
        prog="wav2lip export",
        description="Convert a checkpoint of any supported format: a small file without training "
        "state, the layout that the published scripts read, or ONNX, which runs without torch.",
    )
    names = ", ".join([DEFAULT, *bundled_names(), *CHECKPOINTS])
    parser.add_argument("checkpoint", metavar="CHECKPOINT", help=f"a file, or one of {names}")
    parser.add_argument("output", metavar="OUTPUT", type=file_name, help="the file to write")
    parser.add_argument(
        "--format",
        dest="file_format",
        choices=get_args(ExportFormat),
        help="wav2lip: safetensors with config and metadata; published: .pth; onnx: for ONNX Runtime "
        "and OpenVINO (default: by the suffix of OUTPUT)",
    )
    parser.add_argument(
        "--network",
        choices=KINDS,
        help="which network of a file that holds several (default: the generator)",
    )
    parser.add_argument(
        "--precision",
        choices=get_args(Precision),
        help="of the weights (default: fp16 in safetensors, fp32 in ONNX; the published layout is always fp32); "
        "int8: of the computation, too, of a generator in ONNX; requires --calibrate",
    )
    parser.add_argument(
        "--calibrate",
        metavar="VIDEO",
        type=file_name,
        nargs="+",
        default=[],
        help="videos of talking faces, about 15 s in all, that calibrate a generator for int8; layers that lose "
        "too much stay float, and a file that differs visibly or loses sync is refused",
    )
    parser.add_argument(
        "--motion_gain",
        type=float,
        default=1.0,
        metavar="FACTOR",
        help="factor on a generator's mouth motion (default: 1)",
    )
    return parser


def _check(args: argparse.Namespace) -> None:
    """Check files and settings before torch is imported."""
    check("--motion_gain", args.motion_gain, Number(0, MAX_GAIN, above=True))
    args.file_format = args.file_format or format_of(args.output)
    args.precision = precision_of(args.file_format, args.precision)
    if (args.precision == "int8") != bool(args.calibrate):
        raise InputError("--precision int8 and --calibrate VIDEO require each other")
    for video in args.calibrate:
        if not video.is_file():
            raise InputError(f"{video}: no such file; check --calibrate")
    if not has_torch():
        raise InputError(extra_message("torch", "export"))
    if args.file_format == "onnx":
        require_extra("onnx", "export")
    source = Path(args.checkpoint)
    if source.suffix and not source.exists():
        raise InputError(f"{source}: no such checkpoint file")
    videos = [("video", video) for video in args.calibrate]
    check_new_files([("output", args.output)], [("checkpoint", source), *videos])


@exit_on_input_error
def main() -> None:
    """Parse, check, convert and print what was written."""
    args = build_parser().parse(sys.argv[1:])
    _check(args)
    # Imported late: torch takes seconds to load, a wrong argument is reported at once.
    with ending_at_once():
        from wav2lip.checkpoints.export import export_network, load_for_export

    if args.precision == "int8":
        from wav2lip.cli.export_int8 import export_int8

        loaded = load_for_export(args.checkpoint, args.output, args.network, args.motion_gain)
        export_int8(loaded, args.calibrate, args.output)
        print(f"{args.output}: {loaded.config}, {args.output.stat().st_size / 1e6:.1f} MB")
        return
    loaded = export_network(
        args.checkpoint,
        args.output,
        file_format=args.file_format,
        kind=args.network,
        precision=args.precision,
        motion_gain=args.motion_gain,
    )
    print(f"{args.output}: {loaded.config}, {args.output.stat().st_size / 1e6:.1f} MB")
