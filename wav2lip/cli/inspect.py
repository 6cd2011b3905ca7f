"""Show what is found in a video: shots, faces, landmarks, head pose, mouth and voice.

wav2lip inspect talk.mp4 --output talk.png --table talk.csv
"""

import argparse
import sys
from pathlib import Path

from wav2lip.cli.exit import exit_on_input_error
from wav2lip.cli.parser import OneLineParser, file_name
from wav2lip.errors import InputError
from wav2lip.faces.detectors import NAMES
from wav2lip.media.rules import MAX_PIXELS, limit_pixels
from wav2lip.utils.outputs import check_new_files
from wav2lip.utils.signals import ending_at_once
from wav2lip.utils.values import PIXELS, check

OUTPUT = Path("inspection.png")


def build_parser() -> OneLineParser:
    """Build the parser of `wav2lip inspect`. It raises InputError."""
    parser = OneLineParser(
        prog="wav2lip inspect",
        description="Show what is found in a video or photo: an image with frames, boxes, meshes and "
        "curves of head pose, mouth opening and voice over time; and a table of the face tracks.",
    )
    parser.add_argument("video", metavar="VIDEO", type=file_name, help="a video or photo")
    parser.add_argument(
        "--output",
        type=file_name,
        default=OUTPUT,
        metavar="FILE",
        help="the image (default: inspection.png)",
    )
    parser.add_argument(
        "--table",
        type=file_name,
        metavar="FILE",
        help="CSV file with a row per face and frame (default: none)",
    )
    parser.add_argument(
        "--detector",
        default="auto",
        choices=NAMES,
        metavar="NAME",
        help=f"face detector: {', '.join(NAMES)} (default: auto)",
    )
    parser.add_argument(
        "--detector_weights", type=file_name, metavar="FILE", help="weights of the detector"
    )
    parser.add_argument(
        "--max_pixels",
        type=int,
        metavar="N",
        help=f"largest picture that is read, in pixels (default: {MAX_PIXELS:,})",
    )
    return parser


def _check(args: argparse.Namespace) -> None:
    """Check files and settings before anything heavy is imported."""
    if args.max_pixels is not None:
        check("--max_pixels", args.max_pixels, PIXELS)
    inputs = [("video", args.video), ("file of the detector's weights", args.detector_weights)]
    for role, path in inputs:
        if path is not None and not path.exists():
            raise InputError(f"{path}: no such file; give the {role}")
    check_new_files([("output", args.output), ("table", args.table)], inputs)


@exit_on_input_error
def main() -> None:
    """Parse, check, inspect, and print the table."""
    args = build_parser().parse(sys.argv[1:])
    _check(args)
    with ending_at_once():
        from wav2lip.faces import FaceMesh, build_detector
        from wav2lip.inspection import draw_findings, inspect_video, track_table, write_faces
        from wav2lip.media.image_writer import check_image_name, write_image
        from wav2lip.utils.progress import ProgressBar
        from wav2lip.utils.stdout import say
    check_image_name(args.output)
    limit_pixels(args.max_pixels)
    detector = build_detector(args.detector, args.detector_weights)
    with ProgressBar() as bar:
        findings = inspect_video(args.video, detector, FaceMesh(), progress=bar)
    say(track_table(findings))
    write_image(args.output, draw_findings(findings))
    if args.table is not None:
        write_faces(findings, args.table)
    say(f"{args.output}: frames with boxes and meshes, curves over time")
