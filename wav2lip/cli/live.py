"""Animate a face with sound while the sound arrives.

some_tts --raw | wav2lip live face.jpg --audio - --rate 24000 --output - | ffplay -
"""

import argparse
import sys
from pathlib import Path

from wav2lip.cli.exit import exit_on_input_error
from wav2lip.cli.parser import OneLineParser, add_generator, add_idle_mouth, file_name
from wav2lip.errors import InputError
from wav2lip.utils.extras import require_extra
from wav2lip.utils.outputs import check_new_files
from wav2lip.utils.signals import ending_at_once
from wav2lip.utils.values import Device, Number, Whole, check

STREAM = Path("-")  # stdin or stdout
AVATAR = ".avatar"  # suffix of the file of an avatar


def build_parser() -> OneLineParser:
    """Build the parser of `wav2lip live`. It raises InputError."""
    parser = OneLineParser(
        prog="wav2lip live",
        description="Animate a face with sound while the sound arrives. The output is fragmented MP4, which plays "
        "while it is written. Requires a generator that moves a mesh.",
    )
    parser.add_argument(
        "face",
        metavar="FACE",
        type=file_name,
        help=f"a photo, a video, or a file that --save wrote ({AVATAR})",
    )
    parser.add_argument(
        "--audio",
        type=file_name,
        metavar="FILE",
        help="a file with sound, or - for 16-bit mono PCM on stdin",
    )
    parser.add_argument(
        "--rate", type=int, default=16_000, metavar="HZ", help="of PCM on stdin (default: 16000)"
    )
    parser.add_argument(
        "--output",
        type=file_name,
        metavar="FILE",
        help="the video (.mp4), or - for stdout (default: -; none with --camera)",
    )
    parser.add_argument(
        "--camera",
        metavar="DEVICE",
        help="show the face in real time on a virtual camera that other programs can choose: its name, such as "
        "/dev/video10, or auto for the first one. It has no sound; --output does. Requires the extra camera",
    )
    parser.add_argument(
        "--save",
        type=file_name,
        metavar="FILE",
        help=f"write what is known of the face to this file ({AVATAR}), which starts in a fraction of a second",
    )
    add_generator(parser)
    parser.add_argument(
        "--realtime",
        action="store_true",
        help="write frames at the rate of the face, with the face's own motion while no sound comes; else only the "
        "frames of the sound, as fast as they are rendered",
    )
    parser.add_argument(
        "--block",
        type=int,
        default=1,
        metavar="N",
        help="frames that are rendered together; more cost latency, fewer cost processor time (default: 1)",
    )
    parser.add_argument(
        "--motion", type=float, default=1.0, help="factor on the motion of the mouth (default: 1)"
    )
    add_idle_mouth(parser)
    parser.add_argument(
        "--no_mute_pauses",
        dest="mute_pauses",
        action="store_false",
        help="let every sound move the mouth, not only voice",
    )
    return parser


def _check(args: argparse.Namespace) -> None:
    """Check files and values before anything heavy is imported."""
    if args.audio is None and args.save is None:
        raise InputError("there is nothing to do; give --audio or --save")
    for name, option in (("output", args.output), ("camera", args.camera)):
        if args.audio is None and option is not None:
            raise InputError(f"--{name} needs sound; add --audio")
    for name, rule in (("block", Whole(1, 50)), ("rate", Whole(1)), ("motion", Number(0, 2))):
        check(f"--{name}", getattr(args, name), rule)
    check("--device", args.device, Device())
    inputs = [("face", args.face), ("audio", None if args.audio == STREAM else args.audio)]
    for role, path in inputs:
        if path is not None and not path.exists():
            raise InputError(f"{path}: no such file; give the {role}")
    if args.camera is not None:
        if not args.camera.strip():
            raise InputError("--camera is empty; name the device, or give auto")
        args.realtime = True
    elif args.output is None:
        args.output = STREAM
    output = None if args.audio is None or args.output == STREAM else args.output
    for path, suffix, role in ((output, ".mp4", "output"), (args.save, AVATAR, "save")):
        if path is not None and path.suffix != suffix:
            raise InputError(f"{path}: --{role} writes {suffix} files; name it so")
    check_new_files([("output", output), ("saved face", args.save)], inputs)


@exit_on_input_error
def main() -> None:
    """Parse and check the command line, then run it."""
    args = build_parser().parse(sys.argv[1:])
    _check(args)
    if args.camera is not None:
        require_extra("pyvirtualcam", "camera")
    with ending_at_once():
        from wav2lip.cli.live_command import run
    run(args)
