"""The options of `wav2lip infer` and their help texts."""

import argparse
from pathlib import Path

from wav2lip.cli.parser import OneLineParser, file_name
from wav2lip.cli.settings_arguments import (
    add_encoding,
    add_faces,
    add_frames,
    add_rendering,
    add_speed,
)

OUTPUT = Path("results/result_voice.mp4")  # as published


def _add_files(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("input and output")
    group.add_argument(
        "--face",
        "--image",
        "--video",
        type=file_name,
        metavar="FILE",
        help="photo or video of the face to animate",
    )
    group.add_argument(
        "--audio", type=file_name, metavar="FILE", help="audio file, or video with audio"
    )
    group.add_argument(
        "--output",
        "--outfile",
        type=file_name,
        default=OUTPUT,
        metavar="FILE",
        help=f"video to write: mp4, mov, mkv or webm (default: {OUTPUT})",
    )
    group.add_argument(
        "--checkpoint",
        "--checkpoint_path",
        default="default",
        metavar="FILE",
        help="generator: a file (.safetensors, .ckpt, .pth, .pt, .onnx) or one of the names default, "
        "wav2lip, wav2lip_gan (default: the bundled one)",
    )
    group.add_argument(
        "--jobs",
        type=file_name,
        metavar="FILE",
        help="CSV file with the columns face, audio and output: process every row. Rows whose output "
        "(and strip) exists are skipped, so that the same command resumes",
    )


def _add_reports(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("reports")
    group.add_argument(
        "--report", type=file_name, metavar="FILE", help="write counts, times and settings as JSON"
    )
    group.add_argument(
        "--strip",
        type=file_name,
        metavar="FILE",
        help="write a few frames side by side as an image",
    )
    group.add_argument(
        "--check_sync",
        action="store_true",
        help="score the sync of the output, second by second; the report contains it too",
    )
    group.add_argument(
        "--min_confidence",
        type=float,
        metavar="C",
        help="exit with code 3 if the LSE-C of an output is below C; implies --check_sync",
    )
    group.add_argument(
        "--judge_weights",
        default="bundled:judge",
        metavar="FILE",
        help="scoring model: the checkpoint of a sync expert, the file of SyncNet v2, or the name "
        "syncnet_v2 (default: the bundled judge)",
    )


def _add_credentials(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("Content Credentials (requires the extra sign)")
    group.add_argument(
        "--sign",
        type=file_name,
        metavar="CERT",
        help="sign the output as synthetic, with the hashes of face, audio and checkpoint: PEM file of your "
        "certificate, followed by those that lead to its authority; mp4, m4v or mov",
    )
    group.add_argument(
        "--sign_key",
        type=file_name,
        metavar="KEY",
        help="PEM file of the certificate's private key (default: in the file of --sign)",
    )
    group.add_argument(
        "--consent",
        type=file_name,
        metavar="FILE",
        help="add the hash of this file, such as the consent of the person shown",
    )
    group.add_argument(
        "--timestamp",
        metavar="URL",
        help="let this time-stamping authority confirm the time, so that the signature outlives the certificate "
        "(default: none; no network is used)",
    )


def build_parser() -> OneLineParser:
    """Return a parser that raises `InputError`; a setting has the name of its field in `Settings`."""
    parser = OneLineParser(
        prog="wav2lip infer",
        description="Animate the face in a photo or a video so that it speaks an audio file.",
        epilog="Accepts every argument of the published Wav2Lip script, with the same meaning.",
    )
    parser.addresses = {"--timestamp"}
    _add_files(parser)
    add_frames(parser)
    add_faces(parser)
    add_rendering(parser)
    add_encoding(parser)
    _add_reports(parser)
    _add_credentials(parser)
    add_speed(parser)
    return parser
